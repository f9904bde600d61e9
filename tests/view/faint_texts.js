// What has text of its own and stands out from its ground by less than 4.5 to 1 (WCAG AA): [ratio, markup] each.
(() => {
  const numbers = (colour) => colour.match(/[\d.]+/g).map(Number);
  const linear = (level) => (level <= 0.04045 ? level / 12.92 : ((level + 0.055) / 1.055) ** 2.4);
  const light = ([r, g, b]) => 0.2126 * linear(r / 255) + 0.7152 * linear(g / 255) + 0.0722 * linear(b / 255);
  const ratio = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  const ground = (one) => {
    if (one.matches("text.dark, text.light")) return numbers(one.previousElementSibling.getAttribute("fill"));
    for (; one; one = one.parentElement) {
      const found = numbers(getComputedStyle(one).backgroundColor);
      if (found.length < 4 || found[3] > 0.99) return found;
    }
    return [255, 255, 255];
  };
  const ink = (one) => numbers(one instanceof SVGElement ? getComputedStyle(one).fill : getComputedStyle(one).color);
  const written = (one) =>
    one.checkVisibility() &&
    !one.closest("title, noscript, script, .skip") &&
    [...one.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
  return [...document.querySelectorAll("body *")]
    .filter(written)
    .map((one) => [ratio(light(ink(one)), light(ground(one))), one.outerHTML.slice(0, 80)])
    .filter(([found]) => found < 4.5);
})();

"""The wheel must hold what a user needs away from the repository: recipes and the bundled heads."""

import sys
import zipfile

names = zipfile.ZipFile(sys.argv[-1]).namelist()
needed = ["synth/recipes/demo.yaml", "synth/recipes/rgb_310k.yaml", "synth/assets/heads/demo8/pack.json"]
missing = [name for name in needed if name not in names]
print(f"{sys.argv[-1]}: {len(names)} files" + (f", missing {missing}" if missing else ", recipes and assets inside"))
sys.exit(bool(missing))

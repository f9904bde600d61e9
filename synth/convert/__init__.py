"""A dataset in the formats of other stacks: WebDataset, COCO, Hugging Face `datasets`, 300W-LP.

`sample` what all of them write, labels moved to the exported picture · `plain` labels as JSON · `webdataset`, `coco`,
`huggingface`, `wlp300` one format each · `face_points` points of a face for sets that have none · `readme` what the
folder says of itself · `convert` one of them, all or nothing. docs/sharing.md describes it.
"""

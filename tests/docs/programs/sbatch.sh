#!/bin/sh
# SLURM's `sbatch`, for an array script: its tasks one after the other, at most the first two.
set -eu
array=
for word in "$@"; do
  case $word in
    --array=*) array=${word#--array=} ;;
    *) script=$word ;;
  esac
done
[ -n "$array" ] || array=$(sed -n 's/^#SBATCH --array=//p' "$script")
for task in $(seq "${array%-*}" "${array#*-}" | head -n 2); do
  SLURM_ARRAY_TASK_ID=$task /bin/sh "$script"
done

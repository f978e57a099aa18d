# Small images to try an installed apus on; sourced, not run. Nothing is needed that may be missing.

# draw_two_classes FOLDER: 24 images in each of two classes, bright in the upper or in the lower half.
draw_two_classes() {
  local i class
  mkdir -p "$1/top" "$1/bottom"
  for i in $(seq 1 24); do
    for class in top bottom; do
      LC_ALL=C awk -v seed="$i" -v class="$class" 'BEGIN {
        srand(seed); printf "P5\n32 32\n255\n"
        for (y = 0; y < 32; y++) for (x = 0; x < 32; x++) {
          bright = (class == "top") == (y < 16)
          printf "%c", 1 + int(rand() * 40) + (bright ? 80 : 0)
        }
      }' >"$1/$class/$i.pgm"
    done
  done
}

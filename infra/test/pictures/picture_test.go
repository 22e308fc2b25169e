package pictures_test

import (
	"bytes"
	"cmp"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const (
	goldens = "testdata/golden"
	failed  = "testdata/failed" // ignored by git
)

// What two pictures of one page may differ by, made by two versions of a browser: this much of a colour's channel
// anywhere, and more in so small a share of the pixels.
const (
	tolerable = 40
	share     = 0.0005
)

// pack makes what is kept of a picture: wide ones at half their size, in at most 256 colours, which is a
// tenth of the bytes and still shows everything that a person would see.
func pack(full image.Image, half bool) *image.Paletted {
	size := 1
	if half {
		size = 2
	}
	b := full.Bounds()
	flat, ok := full.(*image.RGBA) // what a screenshot decodes to
	if !ok {
		flat = image.NewRGBA(b)
		draw.Draw(flat, b, full, b.Min, draw.Src)
	}
	w, h := b.Dx()/size, b.Dy()/size
	pixels := make([]color.RGBA, 0, w*h)
	count := map[color.RGBA]int{}
	var last color.RGBA
	run := 0
	for y := range h {
		above, below := flat.Pix[flat.PixOffset(b.Min.X, b.Min.Y+y*size):], flat.Pix[flat.PixOffset(b.Min.X, b.Min.Y+y*size+size-1):]
		for x := range w {
			// Most pixels are those beside them once more.
			at, next := x*size*4, (x+1)*size*4
			if c := last; x > 0 && bytes.Equal(above[at:next], above[at-size*4:at]) && bytes.Equal(below[at:next], below[at-size*4:at]) {
				pixels = append(pixels, c)
				run++
				continue
			}
			var sum [3]uint32
			for k := range sum {
				for p := at + k; p < next; p += 4 {
					sum[k] += uint32(above[p]) + uint32(below[p])
				}
			}
			n := uint32(2 * size)
			c := color.RGBA{level(sum[0] / n), level(sum[1] / n), level(sum[2] / n), 255}
			pixels = append(pixels, c)
			if c != last {
				count[last] += run
				last, run = c, 0
			}
			run++
		}
	}
	count[last] += run
	delete(count, color.RGBA{})
	var all []color.RGBA
	for c := range count {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b color.RGBA) int {
		return cmp.Or(count[b]-count[a], int(a.R)-int(b.R), int(a.G)-int(b.G), int(a.B)-int(b.B))
	})
	var palette color.Palette
	for _, c := range all[:min(len(all), 256)] {
		palette = append(palette, c)
	}
	out := image.NewPaletted(image.Rect(0, 0, w, h), palette)
	known := map[color.RGBA]uint8{}
	last, at := color.RGBA{}, uint8(0)
	for i, c := range pixels {
		if c != last {
			n, ok := known[c]
			if !ok {
				n = uint8(palette.Index(c))
				known[c] = n
			}
			last, at = c, n
		}
		out.Pix[i] = at
	}
	return out
}

// level rounds a channel to one of 64 values, 0 and 255 among them.
func level(x uint32) uint8 { return uint8((x*63 + 127) / 255 * 255 / 63) }

// differ finds the pixels that differ more than is tolerable; where one picture has none, they do.
func differ(want, got *image.Paletted) (n int, where func() image.Image) {
	if want.Rect == got.Rect && bytes.Equal(want.Pix, got.Pix) && slices.Equal(want.Palette, got.Palette) {
		return 0, nil
	}
	// How far any two colours of the palettes are from each other.
	var far [256][256]bool
	for i, x := range want.Palette {
		for j, y := range got.Palette {
			r1, g1, b1, _ := x.RGBA()
			r2, g2, b2, _ := y.RGBA()
			far[i][j] = max(apart(r1, r2), apart(g1, g2), apart(b1, b2)) > tolerable
		}
	}
	b := want.Rect.Union(got.Rect)
	other := func(x, y int) bool {
		p := image.Pt(x, y)
		return !p.In(want.Rect) || !p.In(got.Rect) || far[want.ColorIndexAt(x, y)][got.ColorIndexAt(x, y)]
	}
	for y := range b.Dy() {
		for x := range b.Dx() {
			if other(x, y) {
				n++
			}
		}
	}
	// Pale what is the same, red what is not.
	return n, func() image.Image {
		out := image.NewRGBA(b)
		for y := range b.Dy() {
			for x := range b.Dx() {
				c := color.RGBA{255, 0, 0, 255}
				if !other(x, y) {
					r, _, _, _ := got.At(x, y).RGBA()
					faint := uint8(190 + r>>8/4)
					c = color.RGBA{faint, faint, faint, 255}
				}
				out.SetRGBA(x, y, c)
			}
		}
		return out
	}
}

// allowed is how many pixels of a picture may differ.
func allowed(i *image.Paletted) int { return int(float64(len(i.Pix)) * share) }

func apart(a, b uint32) uint32 {
	a, b = a>>8, b>>8
	return max(a, b) - min(a, b)
}

// compare holds a picture to its golden file, or with -update makes it that. Where they differ it leaves both, and
// what differs, in testdata/failed.
func compare(t *testing.T, name string, shot []byte, half bool) {
	t.Helper()
	full, err := png.Decode(bytes.NewReader(shot))
	if err != nil {
		t.Fatal(err)
	}
	got := pack(full, half)
	file := filepath.Join(goldens, name+".png")
	if *update {
		save(t, file, got)
		return
	}
	f, err := os.Open(file)
	if err != nil {
		save(t, filepath.Join(failed, name+".got.png"), got)
		t.Errorf("%s: no golden picture; look at %s, and keep it with: make goldens", name, filepath.Join(failed, name+".got.png"))
		return
	}
	defer f.Close()
	kept, err := png.Decode(f)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	want, ok := kept.(*image.Paletted)
	if !ok {
		t.Fatalf("%s: it has no palette: make goldens writes it anew", file)
	}
	n, where := differ(want, got)
	if most := allowed(got); n > most {
		save(t, filepath.Join(failed, name+".got.png"), got)
		save(t, filepath.Join(failed, name+".diff.png"), where())
		t.Errorf("%s: %d pixels differ from the golden picture, of at most %d. Look at infra/test/pictures/%s/%s.got.png and .diff.png; "+
			"if it is meant to look like that, run: make goldens", name, n, most, failed, name)
	}
}

func save(t *testing.T, file string, i image.Image) {
	t.Helper()
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, i); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// strays are golden pictures of states that are no more: told of, or with -update removed.
func strays(t *testing.T, names []string) {
	t.Helper()
	files, err := filepath.Glob(goldens + "/*.png")
	if err != nil {
		t.Fatal(err)
	}
	wanted := map[string]bool{}
	for _, n := range names {
		for _, v := range views {
			if v.golden && !growing(n) {
				wanted[fmt.Sprintf("%s-%d-%s.png", n, v.width, v.scheme)] = true
			}
		}
	}
	for _, f := range files {
		switch {
		case wanted[filepath.Base(f)]:
		case *update:
			if err := os.Remove(f); err != nil {
				t.Error(err)
			}
		default:
			t.Errorf("%s is the picture of no state: make goldens removes it", strings.TrimPrefix(f, "testdata/"))
		}
	}
}

func TestPicturesThatDifferAreToldApart(t *testing.T) {
	t.Parallel()
	page := func(change func(*image.RGBA)) *image.Paletted {
		i := image.NewRGBA(image.Rect(0, 0, 320, 640))
		for n := range i.Pix {
			i.Pix[n] = 250
		}
		change(i)
		return pack(i, false)
	}
	line := func(y int, c color.RGBA) func(*image.RGBA) {
		return func(i *image.RGBA) {
			for x := range 320 {
				i.SetRGBA(x, y, c)
			}
		}
	}
	before := page(line(100, color.RGBA{90, 90, 100, 255}))
	most := allowed(before)
	for name, c := range map[string]struct {
		got  *image.Paletted
		same bool
	}{
		"the same":                   {before, true},
		"the line a little lighter":  {page(line(100, color.RGBA{110, 110, 120, 255})), true},
		"the line one pixel lower":   {page(line(101, color.RGBA{90, 90, 100, 255})), false},
		"the line in another colour": {page(line(100, color.RGBA{180, 60, 60, 255})), false},
		"no line":                    {page(func(*image.RGBA) {}), false},
	} {
		if n, _ := differ(before, c.got); (n <= most) != c.same {
			t.Errorf("%s: %d pixels of at most %d differ", name, n, most)
		}
	}
	if n, _ := differ(before, image.NewPaletted(image.Rect(0, 0, 320, 700), before.Palette)); n < 60*320 {
		t.Errorf("a higher page differs in %d pixels", n)
	}
}

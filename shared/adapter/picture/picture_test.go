package picture_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"strings"
	"testing"

	"latchkey.dev/shared/adapter/picture"
	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/fault"
)

func drawn(w, h int) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.Set(x, y, color.NRGBA{uint8(x), uint8(y), 90, 255})
		}
	}
	return img
}

func encoded(t *testing.T, img image.Image, as string) []byte {
	t.Helper()
	var b bytes.Buffer
	err := map[string]func() error{
		"png":  func() error { return png.Encode(&b, img) },
		"jpeg": func() error { return jpeg.Encode(&b, img, nil) },
		"gif":  func() error { return gif.Encode(&b, img, nil) },
	}[as]()
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A WebP of one pixel, since nothing here writes that format.
const webp = "UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA"

func TestEveryKindOfImageBecomesASmallPNG(t *testing.T) {
	t.Parallel()
	one, _ := base64.StdEncoding.DecodeString(webp)
	for name, file := range map[string][]byte{
		"a small PNG": encoded(t, drawn(40, 20), "png"), "a wide PNG": encoded(t, drawn(2000, 300), "png"), "a tall JPEG": encoded(t, drawn(300, 2000), "jpeg"),
		"a GIF": encoded(t, drawn(300, 300), "gif"), "a WebP": one, "a line": encoded(t, drawn(4000, 1), "png"),
	} {
		logo, err := picture.Read(file)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got, kind, err := image.DecodeConfig(bytes.NewReader(logo.PNG))
		if err != nil || kind != "png" || got.Width > picture.Side || got.Height > picture.Side || len(logo.PNG) > picture.MaxBytes ||
			len(logo.Hash) != 24 {
			t.Errorf("%s: %d bytes of %s, %d by %d, %v", name, len(logo.PNG), kind, got.Width, got.Height, err)
		}
	}
}

func TestNothingOfTheFileItselfIsKept(t *testing.T) {
	t.Parallel()
	file := encoded(t, drawn(40, 40), "png")
	text := []byte("tEXtComment\x00<script>alert(1)</script> taken at 52.3,4.9")
	chunk := binary.BigEndian.AppendUint32(nil, uint32(len(text)-4))
	chunk = append(chunk, text...)
	chunk = binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(text))
	with := append(append(append([]byte{}, file[:33]...), chunk...), file[33:]...) // behind IHDR
	with = append(with, "<html>polyglot</html>"...)
	logo, err := picture.Read(with)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(logo.PNG, []byte("script")) || bytes.Contains(logo.PNG, []byte("polyglot")) {
		t.Error("what was hidden in the file is still there")
	}
}

func TestNoisyImagesAreMadeSmallerStill(t *testing.T) {
	t.Parallel()
	img := image.NewNRGBA(image.Rect(0, 0, 600, 600))
	r := rand.New(rand.NewPCG(1, 2))
	for i := range img.Pix {
		img.Pix[i] = uint8(r.Uint32())
	}
	logo, err := picture.Read(encoded(t, img, "jpeg"))
	if err != nil || len(logo.PNG) > picture.MaxBytes {
		t.Errorf("%v", err)
	}
}

// bomb is a PNG that says to have a million by a million pixels, with nothing in it.
func bomb(w, h uint32) []byte {
	head := []byte("IHDR")
	head = binary.BigEndian.AppendUint32(head, w)
	head = binary.BigEndian.AppendUint32(head, h)
	head = append(head, 8, 6, 0, 0, 0)
	out := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), head...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(head))
}

func TestWhatIsNoLogoIsRefusedWithWhatToDo(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		file []byte
		says string
	}{
		"nothing":           {nil, "Choose a PNG, JPEG, WebP or GIF file."},
		"a text":            {[]byte("hello"), "Choose a PNG, JPEG, WebP or GIF file."},
		"an SVG":            {[]byte(`<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script/></svg>`), "SVG files can carry scripts"},
		"a page":            {[]byte("<!doctype html><script>1</script>"), "not an image"},
		"a PNG by its head": {[]byte("\x89PNG\r\n\x1a\nrubbish"), "cannot be read as an image"},
		"half a PNG":        {encoded(t, drawn(300, 300), "png")[:200], "cannot be read as an image"},
		"a bomb":            {bomb(1_000_000, 1_000_000), "1000000 by 1000000 pixels"},
		"a wide bomb":       {bomb(4000, 4000), "4000 by 4000 pixels"},
		"too large a file":  {append(encoded(t, drawn(4, 4), "png"), make([]byte, agency.MaxLogoFile)...), "over 1 MB"},
	} {
		_, err := picture.Read(c.file)
		f := fault.As(err)
		if f == nil || f.Code != fault.Invalid || len(f.Fields) != 1 || f.Fields[0].Location != "logo" ||
			!strings.Contains(f.Message, c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	one, _ := base64.StdEncoding.DecodeString(webp)
	f.Add(one)
	f.Add(bomb(10, 10))
	f.Fuzz(func(t *testing.T, file []byte) {
		logo, err := picture.Read(file)
		if (logo == nil) == (err == nil) || err != nil && fault.As(err) == nil {
			t.Fatalf("%v, %v", logo, err)
		}
	})
}

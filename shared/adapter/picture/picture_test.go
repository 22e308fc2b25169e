package picture_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
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
		logo, err := picture.Read(t.Context(), file)
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
	logo, err := picture.Read(t.Context(), with)
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
	logo, err := picture.Read(t.Context(), encoded(t, img, "jpeg"))
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
		"a page":            {[]byte("<!doctype html><script>1</script>"), "can't use this image"},
		"a PNG by its head": {[]byte("\x89PNG\r\n\x1a\nrubbish"), "can't read this file as an image"},
		"half a PNG":        {encoded(t, drawn(300, 300), "png")[:200], "can't read this file as an image"},
		"a bomb":            {bomb(1_000_000, 1_000_000), "1000000 by 1000000 pixels"},
		"a wide bomb":       {bomb(4000, 4000), "4000 by 4000 pixels"},
		"too large a file":  {append(encoded(t, drawn(4, 4), "png"), make([]byte, agency.MaxLogoFile)...), "over 1 MB"},
	} {
		_, err := picture.Read(t.Context(), c.file)
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
		logo, err := picture.Read(t.Context(), file)
		if (logo == nil) == (err == nil) || err != nil && fault.As(err) == nil {
			t.Fatalf("%v, %v", logo, err)
		}
	})
}

// progressive is a JPEG of so many scans, each of which touches every block of the picture and takes no more than some bytes.
func progressive(side, scans int) []byte {
	segment := func(marker byte, body ...byte) []byte {
		return append([]byte{0xff, marker, byte((len(body) + 2) >> 8), byte(len(body) + 2)}, body...)
	}
	out := []byte{0xff, 0xd8}
	out = append(out, segment(0xe0, append([]byte("JFIF\x00"), 1, 1, 0, 0, 1, 0, 1, 0, 0)...)...)
	quant := make([]byte, 65)
	for i := range quant[1:] {
		quant[i+1] = 1
	}
	out = append(out, segment(0xdb, quant...)...)
	out = append(out, segment(0xc2, 8, byte(side>>8), byte(side), byte(side>>8), byte(side), 1, 1, 0x11, 0)...)
	for _, class := range []byte{0x00, 0x10} { // one code of one bit: an end of 2^14 blocks for AC, nothing for DC
		counts := make([]byte, 16)
		counts[0] = 1
		value := byte(0)
		if class == 0x10 {
			value = 0xe0
		}
		out = append(out, segment(0xc4, append(append([]byte{class}, counts...), value)...)...)
	}
	blocks := (side / 8) * (side / 8)
	out = append(out, segment(0xda, 1, 1, 0, 0, 0, 0x00)...)
	out = append(out, make([]byte, (blocks+7)/8)...)
	for range scans - 1 {
		out = append(out, segment(0xda, 1, 1, 0, 1, 63, 0x00)...)
		// Each run takes a bit for its code and 14 for its length, which is 2^14 where they are zeros.
		bits := 15 * ((blocks + 1<<14 - 1) >> 14)
		out = append(out, make([]byte, (bits+7)/8)...)
	}
	return append(out, 0xff, 0xd9)
}

// A JPEG of thousands of scans is refused before anything is decoded, however small its file is; one of ten is taken.
func TestFH11AJPEGOfManyScansIsRefusedBeforeItIsDecoded(t *testing.T) {
	t.Parallel()
	if logo, err := picture.Read(t.Context(), progressive(256, 10)); err != nil || logo == nil {
		t.Errorf("ten scans: %v", err)
	}
	bomb := progressive(2048, 4000)
	if len(bomb) > 110<<10 {
		t.Fatalf("%d bytes are no small file", len(bomb))
	}
	if _, err := picture.Read(t.Context(), bomb); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "too many layers") {
		t.Errorf("4000 scans: %v", err)
	}
	// Scans cannot hide behind what a decoder passes over.
	for name, prefix := range map[string][]byte{"a segment": {0xff, 0xe1, 0, 4, 1, 2}, "fill bytes": {0xff, 0xff, 0xff},
		"rubbish": {1, 2, 3, 4, 5}, "a segment that is too long": {0xff, 0xfe, 0xff, 0xff}} {
		hidden := append(append(append([]byte{}, bomb[:2]...), prefix...), bomb[2:]...)
		if _, err := picture.Read(t.Context(), hidden); !fault.Is(err, fault.Invalid) {
			t.Errorf("behind %s: %v", name, err)
		}
	}
	// A preview in the segment of an application is no scan.
	preview := append([]byte{0xff, 0xe1, 0x10, 0x02}, bytes.Repeat([]byte{0xff, 0xda}, 0x800)...)
	with := progressive(64, 3)
	with = append(append(append([]byte{}, with[:2]...), preview...), with[2:]...)
	if _, err := picture.Read(t.Context(), with); err != nil {
		t.Errorf("with a preview: %v", err)
	}
}

// A WebP whose frame is larger than it says, and a GIF whose frame is larger than its screen, are refused undecoded.
func TestFH11AFrameLargerThanThePictureIsRefused(t *testing.T) {
	t.Parallel()
	chunk := func(id string, body []byte) []byte {
		out := binary.LittleEndian.AppendUint32([]byte(id), uint32(len(body)))
		out = append(out, body...)
		if len(body)%2 == 1 {
			out = append(out, 0)
		}
		return out
	}
	small := chunk("VP8X", make([]byte, 10)) // one pixel
	large := chunk("VP8L", append([]byte{0x2f, 0xff, 0xff, 0xff, 0x0f}, make([]byte, 64)...))
	body := append([]byte("WEBP"), append(small, large...)...)
	file := append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body))), body...)
	if _, err := picture.Read(t.Context(), file); !fault.Is(err, fault.Invalid) {
		t.Errorf("a WebP: %v", err)
	}
	screen := []byte("GIF89a\x01\x00\x01\x00\x00\x00\x00,\x00\x00\x00\x00\xff\xff\xff\xff\x00\x02\x02\x4c\x01\x00;")
	if _, err := picture.Read(t.Context(), screen); !fault.Is(err, fault.Invalid) {
		t.Errorf("a GIF: %v", err)
	}
}

// Whatever is being done ends with the request, and says why.
func TestFH11TheWorkEndsWithTheRequest(t *testing.T) {
	t.Parallel()
	one, _ := base64.StdEncoding.DecodeString(webp)
	for name, file := range map[string][]byte{"png": encoded(t, drawn(900, 900), "png"), "jpeg": encoded(t, drawn(900, 900), "jpeg"),
		"gif": encoded(t, drawn(900, 900), "gif"), "webp": one, "progressive": progressive(512, 20)} {
		ctx, cancel := context.WithCancelCause(t.Context())
		over := errors.New("the caller has gone")
		cancel(over)
		if _, err := picture.Read(ctx, file); !errors.Is(err, over) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

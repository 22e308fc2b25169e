// Package picture makes a logo out of a file that somebody has uploaded: it is decoded, scaled down and encoded anew,
// so that nothing of the file itself is ever kept or served. Whoever imports it carries the codecs: only functions that
// take uploads do.
package picture

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"

	"golang.org/x/image/draw"
	"golang.org/x/image/webp"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/fault"
)

// Bounds of what comes in and of what is made of it.
const (
	MaxSide  = 4096    // pixels
	maxArea  = 4 << 20 // pixels: the most that is decoded, 32 MB at 16 bits a channel
	Side     = 256     // of the logo, at most
	MaxBytes = 24 << 10
)

const types = "PNG, JPEG, WebP or GIF"

type codec struct {
	size   func([]byte) (image.Config, error)
	decode func([]byte) (image.Image, error)
}

var codecs = []struct {
	is func([]byte) bool
	codec
}{
	{begins("\x89PNG\r\n\x1a\n"), codec{
		func(b []byte) (image.Config, error) { return png.DecodeConfig(bytes.NewReader(b)) },
		func(b []byte) (image.Image, error) { return png.Decode(bytes.NewReader(b)) }}},
	{begins("\xff\xd8\xff"), codec{
		func(b []byte) (image.Config, error) { return jpeg.DecodeConfig(bytes.NewReader(b)) },
		func(b []byte) (image.Image, error) { return jpeg.Decode(bytes.NewReader(b)) }}},
	{begins("GIF8"), codec{
		func(b []byte) (image.Config, error) { return gif.DecodeConfig(bytes.NewReader(b)) },
		func(b []byte) (image.Image, error) { return gif.Decode(bytes.NewReader(b)) }}}, // the first frame
	{func(b []byte) bool { return len(b) > 12 && string(b[:4]) == "RIFF" && string(b[8:12]) == "WEBP" }, codec{
		func(b []byte) (image.Config, error) { return webp.DecodeConfig(bytes.NewReader(b)) },
		func(b []byte) (image.Image, error) { return webp.Decode(bytes.NewReader(b)) }}},
}

func begins(with string) func([]byte) bool {
	return func(b []byte) bool { return bytes.HasPrefix(b, []byte(with)) }
}

// Read makes a logo of a file's content. What the file is called and what type it claims to have does not count. A
// fault with code [fault.Invalid] in the field "logo" says what to do about a file that cannot be taken.
func Read(file []byte) (*agency.Logo, error) {
	if len(file) > agency.MaxLogoFile {
		return nil, wrong("This file is over 1 MB. Choose a smaller one.")
	}
	for _, c := range codecs {
		if !c.is(file) {
			continue
		}
		size, err := c.size(file)
		if err != nil || size.Width <= 0 || size.Height <= 0 {
			return nil, wrong("This file cannot be read as an image. Save it again as a PNG, and choose that.")
		}
		if size.Width > MaxSide || size.Height > MaxSide || size.Width*size.Height > maxArea {
			return nil, wrong("This image has %d by %d pixels. Choose one of at most 2048 by 2048.", size.Width, size.Height)
		}
		img, err := c.decode(file)
		if err != nil {
			return nil, wrong("This file cannot be read as an image. Save it again as a PNG, and choose that.")
		}
		return shrink(img)
	}
	if begin := bytes.ToLower(file[:min(len(file), 1024)]); bytes.Contains(begin, []byte("<svg")) {
		return nil, wrong("SVG files can carry scripts, so they are not taken. Choose a %s file.", types)
	}
	return nil, wrong("This is not an image that can be taken. Choose a %s file.", types)
}

// shrink scales the image down until it is small enough, in pixels and in bytes.
func shrink(img image.Image) (*agency.Logo, error) {
	from := img.Bounds()
	for _, side := range []int{Side, 192, 144, 112, 88, 64, 48} {
		w, h := from.Dx(), from.Dy()
		if longest := max(w, h); longest > side {
			w, h = max(w*side/longest, 1), max(h*side/longest, 1)
		}
		to := image.NewNRGBA(image.Rect(0, 0, w, h))
		draw.CatmullRom.Scale(to, to.Bounds(), img, from, draw.Src, nil)
		var b bytes.Buffer
		if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, to); err != nil {
			return nil, err
		}
		if b.Len() <= MaxBytes {
			sum := sha256.Sum256(b.Bytes())
			return &agency.Logo{PNG: b.Bytes(), Hash: hex.EncodeToString(sum[:12])}, nil
		}
	}
	return nil, wrong("This image cannot be made small enough. Choose a simpler one.") // 48 by 48 pixels are 9 KB at most
}

func wrong(format string, args ...any) error { return fault.InField("logo", format, args...) }

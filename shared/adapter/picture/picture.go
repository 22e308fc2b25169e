// Package picture makes a logo out of a file that somebody has uploaded: it is decoded, scaled down and encoded anew,
// so that nothing of the file itself is ever kept or served. Whoever imports it carries the codecs: only functions that
// take uploads do.
package picture

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/draw"
	"golang.org/x/image/webp"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/fault"
)

// Bounds of what comes in and of what is made of it.
const (
	MaxSide  = 4096    // pixels
	maxArea  = 4 << 20 // pixels: the most that is decoded, 32 MB at 16 bits a channel
	maxScans = 32      // of a JPEG: what programs write has ten or so
	Side     = 256     // of the logo, at most
	MaxBytes = 24 << 10
)

var codecs = []struct {
	is     func([]byte) bool
	size   func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
}{
	{begins("\x89PNG\r\n\x1a\n"), png.DecodeConfig, png.Decode},
	{begins("\xff\xd8\xff"), jpeg.DecodeConfig, jpeg.Decode},
	{begins("GIF8"), gif.DecodeConfig, gif.Decode}, // the first frame
	{func(b []byte) bool { return len(b) > 12 && string(b[:4]) == "RIFF" && string(b[8:12]) == "WEBP" }, webp.DecodeConfig, webp.Decode},
}

func begins(with string) func([]byte) bool {
	return func(b []byte) bool { return bytes.HasPrefix(b, []byte(with)) }
}

// scans counts the scans of a JPEG. A decoder goes through all of the picture for each, so that some KB of them are minutes of
// work. What stands in segments of applications, such as a preview, is not decoded and not counted. Behind the first scan, and
// where the file is not as it should be, everything that looks like one is.
func scans(file []byte) int {
	const (
		startOfScan = 0xda
		app0, app15 = 0xe0, 0xef
		comment     = 0xfe
	)
	at := 2
	for at+4 <= len(file) && file[at] == 0xff {
		marker := file[at+1]
		if marker != comment && (marker < app0 || marker > app15) {
			if marker == startOfScan {
				break
			}
			if marker == 0xff || marker < 0xc0 || marker >= 0xd0 && marker <= 0xd9 {
				break // no segment with a length
			}
		}
		at += 2 + int(binary.BigEndian.Uint16(file[at+2:]))
	}
	return bytes.Count(file[min(at, len(file)):], []byte{0xff, startOfScan})
}

// within reads a file in small pieces until the context is over, so that a decoder ends with the request.
type within struct {
	ctx  context.Context //nolint:containedctx // a reader's Read has none
	file *bytes.Reader
}

func (w *within) Read(b []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	return w.file.Read(b[:min(len(b), 256)])
}

// Read makes a logo of a file's content. What the file is called and what type it claims to have does not count. A
// fault with code [fault.Invalid] in the field "logo" says what to do about a file that cannot be taken. What is bounded before
// anything is decoded: bytes, pixels, and the scans of a JPEG. When the context is over, so is the work, with its error.
func Read(ctx context.Context, file []byte) (*agency.Logo, error) {
	if len(file) > agency.MaxLogoFile {
		return nil, wrong("errors.picture_too_large")
	}
	for _, c := range codecs {
		if !c.is(file) {
			continue
		}
		size, err := c.size(&within{ctx, bytes.NewReader(file)})
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if err != nil || size.Width <= 0 || size.Height <= 0 {
			return nil, wrong("errors.picture_unreadable")
		}
		if size.Width > MaxSide || size.Height > MaxSide || size.Width*size.Height > maxArea {
			return nil, wrong("errors.picture_too_many_pixels", "width", size.Width, "height", size.Height)
		}
		if bytes.HasPrefix(file, []byte("\xff\xd8\xff")) && scans(file) > maxScans {
			return nil, wrong("errors.picture_too_many_scans")
		}
		img, err := c.decode(&within{ctx, bytes.NewReader(file)})
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if err != nil {
			return nil, wrong("errors.picture_unreadable")
		}
		return shrink(ctx, img)
	}
	if begin := bytes.ToLower(file[:min(len(file), 1024)]); bytes.Contains(begin, []byte("<svg")) {
		return nil, wrong("errors.picture_svg")
	}
	return nil, wrong("errors.picture_other")
}

// shrink scales the image down until it is small enough, in pixels and in bytes.
func shrink(ctx context.Context, img image.Image) (*agency.Logo, error) {
	from := img.Bounds()
	for _, side := range []int{Side, 192, 144, 112, 88, 64, 48} {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
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
	return nil, wrong("errors.picture_too_rich") // 48 by 48 pixels are 9 KB at most
}

func wrong(key string, values ...any) error { return fault.InField("logo", key, values...) }

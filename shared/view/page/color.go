package page

import (
	"fmt"
	"math"
	"strconv"
)

// Accent is an agency's colour, made fit to be used: in each scheme a fill that stands out from the page, what is
// written on the fill, and the colour of text and links on the page. All are #rrggbb.
type Accent struct {
	LightFill, LightOn, LightText string
	DarkFill, DarkOn, DarkText    string
}

// readable is the contrast that text needs (WCAG 2.2, 1.4.3, level AA). A button is known by the words on it, so that
// its fill needs only to be noticeable: a yellow one stays yellow on white. White words are kept on a fill that is at
// least nearly dark enough for them.
const (
	readable   = 4.5
	noticeable = 1.4
	nearly     = 3.0
)

// The grounds that accents are seen on. They are the lightest and darkest surfaces of source/tokens.css; a test
// compares them.
const (
	lightGround = "#ffffff"
	lightSunken = "#f6f6f8"
	darkGround  = "#0d0d10"
	darkRaised  = "#1b1b20"
)

// DefaultColor is the platform's own accent, and that of an agency without a usable colour.
const DefaultColor = "#4f46e5"

// AccentOf adjusts an agency's colour, given as #rrggbb, as little as it must be: hue and colourfulness stay, the
// lightness moves until every pair that is read together passes. Anything that is not a colour becomes
// [DefaultColor].
func AccentOf(color string) Accent {
	c, ok := parseColor(color)
	if !ok {
		c, _ = parseColor(DefaultColor)
	}
	a := Accent{}
	a.LightFill, a.LightOn = fill(c, mustColor(lightSunken), -1)
	a.DarkFill, a.DarkOn = fill(c, mustColor(darkRaised), +1)
	a.LightText = shift(c, -1, func(x rgb) bool { return contrast(x, mustColor(lightSunken)) >= readable }).String()
	a.DarkText = shift(c, +1, func(x rgb) bool { return contrast(x, mustColor(darkRaised)) >= readable }).String()
	return a
}

var (
	white = rgb{1, 1, 1}
	black = rgb{0.043, 0.043, 0.051} // #0b0b0d
)

// fill makes the colour of a button on a ground, and of the words on it. White words are kept where the colour is
// near to carrying them, since a slightly darker button looks more like the brand than one with black words.
func fill(c, ground rgb, direction float64) (button, words string) {
	c = shift(c, direction, func(x rgb) bool { return contrast(x, ground) >= noticeable })
	if contrast(c, white) >= nearly {
		darker := shift(c, -1, func(x rgb) bool { return contrast(x, white) >= readable })
		if contrast(darker, ground) >= noticeable {
			return darker.String(), white.String()
		}
	}
	lighter := shift(c, +1, func(x rgb) bool { return contrast(x, black) >= readable })
	if contrast(lighter, ground) >= noticeable {
		return lighter.String(), black.String()
	}
	return c.String(), white.String()
}

// shift moves the lightness in steps until the rounded colour is good enough, or is black or white.
func shift(c rgb, direction float64, good func(rgb) bool) rgb {
	l, a, b := c.oklab()
	for x := c; ; x = fromOklab(l, a, b) {
		x = mustColor(x.String()) // what the browser will see, not what we computed
		if good(x) || direction < 0 && l <= 0 || direction > 0 && l >= 1 {
			return x
		}
		l = min(max(l+direction*0.004, 0), 1)
	}
}

// rgb is a colour in sRGB, each channel from 0 to 1.
type rgb struct{ r, g, b float64 }

func parseColor(s string) (rgb, bool) {
	if len(s) != 7 || s[0] != '#' {
		return rgb{}, false
	}
	n, err := strconv.ParseUint(s[1:], 16, 32)
	if err != nil {
		return rgb{}, false
	}
	return rgb{float64(n>>16) / 255, float64(n>>8&255) / 255, float64(n&255) / 255}, true
}

func mustColor(s string) rgb {
	c, ok := parseColor(s)
	if !ok {
		panic("page: not a colour: " + s)
	}
	return c
}

func (c rgb) String() string {
	q := func(x float64) int { return int(math.Round(min(max(x, 0), 1) * 255)) }
	return fmt.Sprintf("#%02x%02x%02x", q(c.r), q(c.g), q(c.b))
}

// contrast is WCAG's ratio of two colours, from 1 to 21.
func contrast(x, y rgb) float64 {
	a, b := x.luminance(), y.luminance()
	return (max(a, b) + 0.05) / (min(a, b) + 0.05)
}

func (c rgb) luminance() float64 {
	return 0.2126*linear(c.r) + 0.7152*linear(c.g) + 0.0722*linear(c.b)
}

func linear(x float64) float64 {
	if x <= 0.04045 {
		return x / 12.92
	}
	return math.Pow((x+0.055)/1.055, 2.4)
}

func gamma(x float64) float64 {
	if x <= 0.0031308 {
		return 12.92 * x
	}
	return 1.055*math.Pow(x, 1/2.4) - 0.055
}

// oklab gives the colour in OKLab (Ottosson 2020; CSS Color 4 section 9.2), where moving the lightness alone keeps
// the hue that a person sees.
func (c rgb) oklab() (l, a, b float64) {
	r, g, bl := linear(c.r), linear(c.g), linear(c.b)
	x := math.Cbrt(0.4122214708*r + 0.5363325363*g + 0.0514459929*bl)
	y := math.Cbrt(0.2119034982*r + 0.6806995451*g + 0.1073969566*bl)
	z := math.Cbrt(0.0883024619*r + 0.2817188376*g + 0.6299787005*bl)
	return 0.2104542553*x + 0.7936177850*y - 0.0040720468*z,
		1.9779984951*x - 2.4285922050*y + 0.4505937099*z,
		0.0259040371*x + 0.7827717662*y - 0.8086757660*z
}

// fromOklab is the inverse of oklab. A colour that sRGB cannot show is made less colourful until it can.
func fromOklab(l, a, b float64) rgb {
	for i := 0; ; i++ {
		x, y, z := l+0.3963377774*a+0.2158037573*b, l-0.1055613458*a-0.0638541728*b, l-0.0894841775*a-1.2914855480*b
		x, y, z = x*x*x, y*y*y, z*z*z
		r := 4.0767416621*x - 3.3077115913*y + 0.2309699292*z
		g := -1.2684380046*x + 2.6097574011*y - 0.3413193965*z
		bl := -0.0041960863*x - 0.7034186147*y + 1.7076147010*z
		const slack = 1e-4
		if i == 64 || min(r, g, bl) >= -slack && max(r, g, bl) <= 1+slack {
			clip := func(v float64) float64 { return gamma(min(max(v, 0), 1)) }
			return rgb{clip(r), clip(g), clip(bl)}
		}
		a, b = a*0.95, b*0.95
	}
}

package page

import (
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestEveryColourBecomesReadable(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		color := fmt.Sprintf("#%06x", rapid.IntRange(0, 0xffffff).Draw(t, "color"))
		a := AccentOf(color)
		for _, pair := range []struct {
			what, one, other string
			least            float64
		}{
			{"words on the light button", a.LightOn, a.LightFill, readable},
			{"words on the dark button", a.DarkOn, a.DarkFill, readable},
			{"light text", a.LightText, lightGround, readable},
			{"light text on a sunken surface", a.LightText, lightSunken, readable},
			{"dark text", a.DarkText, darkGround, readable},
			{"dark text on a raised surface", a.DarkText, darkRaised, readable},
			{"light button", a.LightFill, lightSunken, noticeable},
			{"dark button", a.DarkFill, darkRaised, noticeable},
		} {
			if got := contrast(mustColor(pair.one), mustColor(pair.other)); got < pair.least {
				t.Fatalf("%s: %s: %s on %s has contrast %.2f, want %.1f", color, pair.what, pair.one, pair.other, got, pair.least)
			}
		}
	})
}

func TestReadableColoursStayAsTheyAre(t *testing.T) {
	t.Parallel()
	for _, color := range []string{"#4f46e5", "#0f766e", "#b91c1c", "#1d4ed8"} {
		if a := AccentOf(color); a.LightFill != color || a.LightText != color {
			t.Errorf("AccentOf(%s) = %+v, want the colour itself on a light page", color, a)
		}
	}
}

func TestWhatIsNoColourBecomesTheDefault(t *testing.T) {
	t.Parallel()
	want := AccentOf(DefaultColor)
	for _, color := range []string{"", "red", "#fff", "#12345g", "#123456;}", "url(x)", "#+12345"} {
		if got := AccentOf(color); got != want {
			t.Errorf("AccentOf(%q) = %+v, want %+v", color, got, want)
		}
	}
}

func TestOklabRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		color := fmt.Sprintf("#%06x", rapid.IntRange(0, 0xffffff).Draw(t, "color"))
		if got := fromOklab(mustColor(color).oklab()).String(); got != color {
			t.Fatalf("%s came back as %s", color, got)
		}
	})
}

func TestContrastOfBlackAndWhite(t *testing.T) {
	t.Parallel()
	if got := contrast(white, rgb{}); math.Abs(got-21) > 1e-9 {
		t.Errorf("contrast = %v, want 21", got)
	}
}

func TestGroundsAreThoseOfTheStyleSheet(t *testing.T) {
	t.Parallel()
	css, err := os.ReadFile("source/tokens.css")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"--ground: light-dark(" + lightGround + ", " + darkGround + ")",
		"--sunken: light-dark(" + lightSunken + ",",
		"--raised: light-dark(" + lightGround + ", " + darkRaised + ")",
	} {
		if !strings.Contains(string(css), want) {
			t.Errorf("source/tokens.css has no %q", want)
		}
	}
}

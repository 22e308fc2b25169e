package activity

import (
	"slices"
	"testing"
)

func TestEveryKindThatAnIDTellsIsInTheDocument(t *testing.T) {
	t.Parallel()
	for _, p := range prefixes {
		if got := KindOf(p.prefix + "01KAM5Q0Z8W3RN6T0V4K2M9QXB"); got != p.kind || !slices.Contains(Kinds(), got) {
			t.Errorf("%s… is of the kind %q, and the document has %v", p.prefix, got, Kinds())
		}
	}
}

package email_test

import (
	"strings"
	"testing"

	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/words"
)

func TestParseBringsAnAddressIntoOneForm(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, typed, want string }{
		{"as it is", "ops@acme.example", "ops@acme.example"},
		{"space around it", " \tops@acme.example\u00a0\n", "ops@acme.example"},
		{"FT3: a mark before and after", "\u200e\ufeffops@acme.example\u200b\u2060", "ops@acme.example"},
		{"FT3: the embedding that an address book puts before", "\u202aops@acme.example\u202c ", "ops@acme.example"},
		{"capitals", "Ops@ACME.Example", "ops@acme.example"},
		{"a name outside of ASCII, as A-labels", "ops@BÜCHER.example", "ops@xn--bcher-kva.example"},
		{"the same decomposed", "ops@bu\u0308cher.example", "ops@xn--bcher-kva.example"},
		{"the same already as A-labels", "ops@XN--BCHER-KVA.example", "ops@xn--bcher-kva.example"},
		{"full-width letters", "ops@ａcme.example", "ops@acme.example"},
		{"an ideographic full stop", "ops@acme。example", "ops@acme.example"},
		{"the root's dot", "ops@acme.example.", "ops@acme.example"},
		{"a plus tag stays", "ops+billing@acme.example", "ops+billing@acme.example"},
		{"dots stay", "o.p.s@acme.example", "o.p.s@acme.example"},
		{"signs", "!#$%&'*+-/=?^_`{|}~@acme.example", "!#$%&'*+-/=?^_`{|}~@acme.example"},
		{"the longest local part", strings.Repeat("a", 64) + "@acme.example", strings.Repeat("a", 64) + "@acme.example"},
		{"the longest address", ofLength(254), ofLength(254)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := email.Parse("email", c.typed)
			if err != nil || string(got) != c.want {
				t.Errorf("Parse(%q) = %q, %v; want %q", c.typed, got, err, c.want)
			}
		})
	}
}

// ofLength is an address of n characters, each part of which is within its own limits.
func ofLength(n int) string {
	label := strings.Repeat("b", 60) + "."
	s := strings.Repeat("a", 40) + "@" + label + label + label
	return s + strings.Repeat("c", n-len(s))
}

func TestParseRefusesWhatIsNoAddress(t *testing.T) {
	t.Parallel()
	for _, typed := range []string{
		"", " ", "@", "ops", "ops@", "@acme.example", "ops@acme", "ops@@acme.example", "a@b@acme.example",
		".ops@acme.example", "ops.@acme.example", "o..ps@acme.example", "o ps@acme.example", `"o ps"@acme.example`,
		"ops(x)@acme.example", "ops@acme..example", "ops@.acme.example", "ops@-acme.example", "ops@acme-.example",
		"ops@ac_me.example", "ops@ac me.example", "ops@[192.0.2.1]", "ops@192.0.2.1", "ops@acme.example..",
		"ops@acme.example\r\nBcc: all@acme.example", "ops\r\n@acme.example", "ops\x00@acme.example", "o\u200bps@acme.example",
		"ops@xn--a.example", "ops@acme.example,b@acme.example", "<ops@acme.example>",
		strings.Repeat("a", 65) + "@acme.example", "ops@" + strings.Repeat("a", 64) + ".example", ofLength(255),
	} {
		_, err := email.Parse("to", typed)
		e := fault.As(err)
		if e == nil || e.Code != fault.Invalid || e.Message != words.Say(email.Invalid) ||
			len(e.Fields) != 1 || e.Fields[0].Location != "to" {
			t.Errorf("Parse(%q): %v", typed, err)
		}
	}
}

func TestALocalPartOutsideOfASCIIHasASentenceOfItsOwn(t *testing.T) {
	t.Parallel()
	_, err := email.Parse("email", "jürgen@acme.example")
	e := fault.As(err)
	if e == nil || e.Code != fault.Invalid || e.Message == words.Say(email.Invalid) || !strings.Contains(e.Message, "jürgen") {
		t.Errorf("got %v", err)
	}
}

// TestPortalV3WhatIsTooLongForAnAddressIsNotTried takes hours where a label of any length is brought into the form for DNS.
func TestPortalV3WhatIsTooLongForAnAddressIsNotTried(t *testing.T) {
	t.Parallel()
	long := make([]rune, 1_000_000)
	for n := range long {
		long[n] = rune(0x4e00 + n*7919%20_000)
	}
	for _, typed := range []string{"a@" + string(long) + ".example", string(long) + "@acme.example",
		"a@" + strings.Repeat("ü.", 500_000) + "de"} {
		_, err := email.Parse("email", typed)
		if f := fault.As(err); f == nil || f.Code != fault.Invalid || len(f.Message) > 500 {
			t.Errorf("%.20q: %v", typed, f)
		}
	}
	label := strings.Repeat("ü", 20)
	typed := strings.Repeat("a", 60) + "@" + strings.Repeat(label+".", 6) + "example"
	if a, err := email.Parse("email", typed); err != nil || len(a) > email.MaxLength {
		t.Errorf("a long one in letters of their own: %q, %v", a, err)
	}
}

func TestPlusTagsAndDotsMakeOtherAddresses(t *testing.T) {
	t.Parallel()
	hashes := map[[32]byte]string{}
	for _, typed := range []string{"ops@acme.example", "o.ps@acme.example", "ops+a@acme.example", "ops@b.acme.example"} {
		a, err := email.Parse("email", typed)
		if err != nil {
			t.Fatal(err)
		}
		if other, ok := hashes[a.Hash()]; ok {
			t.Errorf("%s and %s are one", typed, other)
		}
		hashes[a.Hash()] = typed
	}
}

func TestMaskedShowsTheFirstLetterAndTheDomain(t *testing.T) {
	t.Parallel()
	for a, want := range map[email.Address]string{"ops@acme.example": "o•••@acme.example", "o@acme.example": "o•••@acme.example", "": ""} {
		if got := a.Masked(); got != want {
			t.Errorf("%q is masked as %q, want %q", a, got, want)
		}
	}
}

func TestSplitTakesNameAndAddressApart(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ typed, name, address string }{
		{"ops@acme.example", "", "ops@acme.example"},
		{"Acme Ltd <ops@acme.example>", "Acme Ltd", "ops@acme.example"},
		{` "Acme, Ltd" <ops@acme.example> `, "Acme, Ltd", "ops@acme.example"},
		{"<ops@acme.example>", "", "ops@acme.example"},
		{"Acme (Ltd., Berlin) & Co. <ops@acme.example>", "Acme (Ltd., Berlin) & Co.", "ops@acme.example"},
		{"Acme <no address>", "Acme", "no address"},
		{"Acme <ops@acme.example", "", "Acme <ops@acme.example"},
		{"> <", "", "> <"},
		{"", "", ""},
	} {
		if name, address := email.Split(c.typed); name != c.name || address != c.address {
			t.Errorf("Split(%q) = %q, %q; want %q, %q", c.typed, name, address, c.name, c.address)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"ops@acme.example", "Ops@BÜCHER.example", "a@b@c.example", "ops@acme。example", "ops@xn--bcher-kva.example",
		"jürgen@acme.example", "ops@[::1]", "ops@faß.example"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		a, err := email.Parse("email", typed)
		if err != nil {
			if a != "" || !fault.Is(err, fault.Invalid) {
				t.Fatalf("Parse(%q) = %q, %v", typed, a, err)
			}
			return
		}
		s := string(a)
		if again, err := email.Parse("email", s); err != nil || again != a {
			t.Errorf("%q is read as %q, and that as %q, %v", typed, a, again, err)
		}
		if s != strings.ToLower(s) || strings.Count(s, "@") != 1 || len(s) > email.MaxLength ||
			strings.ContainsAny(s, " \t\r\n<>\",;:()[]\\") {
			t.Errorf("%q is read as %q", typed, s)
		}
		for i := range len(s) {
			if s[i] <= ' ' || s[i] > '~' {
				t.Errorf("%q is read as %q", typed, s)
			}
		}
		if !strings.Contains(a.Domain(), ".") || len(s)-len(a.Domain())-1 < 1 || len(s)-len(a.Domain())-1 > 64 {
			t.Errorf("%q is read as %q", typed, s)
		}
	})
}

func FuzzSplit(f *testing.F) {
	for _, s := range []string{"Acme <ops@acme.example>", "> <", "<", ">", `"a\"b" <c@d.example>`, "=?utf-8?q?A?= <c@d.example>", "<<>>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		name, address := email.Split(typed)
		if !strings.Contains(typed, "<") && (name != "" || address != typed) {
			t.Errorf("Split(%q) = %q, %q", typed, name, address)
		}
		if a, err := email.Parse("email", address); err == nil {
			if _, again := email.Split("X <" + string(a) + ">"); again != string(a) {
				t.Errorf("Split does not find %q", a)
			}
		}
	})
}

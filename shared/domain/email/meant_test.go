package email_test

import (
	"strings"
	"testing"

	"latchkey.dev/shared/domain/email"
)

// TestFS8ATypingErrorIsGuessed: what is nearly a big mail host's domain, and what ends nearly in com.
func TestFS8ATypingErrorIsGuessed(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"gmial.com": "gmail.com", "gmai.com": "gmail.com", "gmal.com": "gmail.com", "gnail.com": "gmail.com", "gmaill.com": "gmail.com",
		"gamil.com": "gmail.com", "gimal.com": "gmail.com", "gmil.com": "gmail.com", "gmsil.com": "gmail.com", "hmial.com": "",
		"gmail.con": "gmail.com", "gmail.cmo": "gmail.com", "gmail.comm": "gmail.com", "gmail.ocm": "gmail.com", "gmail.co": "gmail.com",
		"gmail.cm": "gmail.com", "gmail.om": "gmail.com", "gmail.c0m": "gmail.com", "gmail.xom": "gmail.com", "gmial.con": "gmail.com",
		"hotnail.com": "hotmail.com", "hotmial.com": "hotmail.com", "hotmal.com": "hotmail.com", "hotmil.com": "hotmail.com",
		"hotmaill.com": "hotmail.com", "hotmial.co.uk": "hotmail.co.uk", "hotmal.fr": "hotmail.fr", "htomial.com": "hotmail.com",
		"outlok.com": "outlook.com", "outlock.com": "outlook.com", "oulook.com": "outlook.com", "outllok.com": "outlook.com",
		"otlok.com": "outlook.com", "yaho.com": "yahoo.com", "yahooo.com": "yahoo.com", "yhaoo.com": "yahoo.com", "yaho.de": "yahoo.de",
		"yahho.co.uk": "yahoo.co.uk", "iclod.com": "icloud.com", "icluod.com": "icloud.com", "protonmial.com": "protonmail.com",
		"googlemial.com": "googlemail.com", "t-onlin.de": "t-online.de", "aol.con": "aol.com", "gmx.cmo": "gmx.com", "aol.co": "aol.com",
		"acme.con": "acme.com", "mail.acme.cmo": "mail.acme.com",

		"gmail.com": "", "mail.com": "", "gmx.com": "", "gmx.net": "", "gmx.de": "", "ymail.com": "", "hey.com": "", "aol.com": "", "me.com": "",
		"email.com": "", "web.de": "", "live.com": "", "pm.me": "", "mac.com": "", "msn.com": "", "cloud.com": "", "qq.com": "", "yahoo.de": "",
		"hotmail.de": "", "outlook.fr": "", "fastmail.fm": "", "hushmail.com": "", "rocketmail.com": "", "zoho.com": "", "kahoot.com": "",
		"acme.co": "", "acme.cm": "", "acme.om": "", "acme.cam": "", "acme.example": "", "gmass.com": "", "gmaps.com": "", "mailo.com": "",
		"outloud.com": "", "postmail.com": "", "online.de": "", "tutanota.com": "", "mailbox.org": "", "posteo.de": "", "gmail.acme.com": "",
		"gmial.acme.com": "", "small.com": "", "snail.com": "", "grail.com": "", "yandex.com": "", "xn--gmil-6na.com": "", "gml.com": "",
		"gmial.de": "", "comcast.net": "", "bt.com": "", "duck.com": "", "proton.me": "", "icloud.com": "", "hotmail.co.uk": "",
	} {
		a, err := email.Parse("email", "Ops+x@"+typed)
		if err != nil {
			t.Fatal(err)
		}
		if want != "" {
			want = "ops+x@" + want
		}
		if got := a.Meant(); string(got) != want {
			t.Errorf("%s: %q, want %q", typed, got, want)
		}
	}
}

// FuzzMeant: a guess is an address in its one form, keeps what stands before the domain, and is not guessed at again.
func FuzzMeant(f *testing.F) {
	for _, seed := range []string{"ops@gmial.com", "a@b.con", "ops@" + strings.Repeat("a.", 100) + "con", "ops@hotmail.co"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		a, err := email.Parse("email", typed)
		if err != nil {
			return
		}
		m := a.Meant()
		if m == "" {
			return
		}
		again, err := email.Parse("email", string(m))
		if err != nil || again != m || m == a || m.Meant() != "" {
			t.Errorf("%q is guessed to be %q, which is %q, %v, %q", a, m, again, err, m.Meant())
		}
		if string(m[:strings.LastIndexByte(string(m), '@')]) != string(a[:strings.LastIndexByte(string(a), '@')]) {
			t.Errorf("%q is guessed to be somebody else: %q", a, m)
		}
	})
}

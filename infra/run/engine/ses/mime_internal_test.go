package ses

import (
	"testing"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
)

// FuzzParse checks that no message stops the engine, and that what is read of it can be kept and published.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"From: a@b.example\nTo: c@d.example\n\nhello",
		"Subject: =?utf-8?q?=C3=BC?=\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\na\r\n--x--\r\n",
		"Content-Type: text/html; charset=iso-2022-jp\nContent-Transfer-Encoding: base64\n\nGyRCJDMbKEI=",
		"Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: multipart/mixed; boundary=y\n\n--y\n\n--y--\n--x--",
		" folded\nFrom: x\n\n", "\n\n", "A: \xff\xfe\n\n\xff",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, err := parse(raw)
		if err != nil {
			return
		}
		for _, text := range []string{p.text, p.html, p.subject} {
			if !utf8.ValidString(text) {
				t.Fatalf("%q is no UTF-8", text)
			}
		}
		m := &outbound{message: p}
		if len(p.from) > 0 {
			m.from, m.source = p.from[0], decodeWords(p.get("From"))
		} else {
			return
		}
		if _, err := json.Marshal(m.mail()); err != nil {
			t.Fatal(err)
		}
		if _, err := json.Marshal((&Engine{}).mailObject(m)); err != nil {
			t.Fatal(err)
		}
	})
}

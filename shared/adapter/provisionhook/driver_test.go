package provisionhook_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"latchkey.dev/shared/adapter/egress"
	"latchkey.dev/shared/adapter/provisionhook"
	"latchkey.dev/shared/usecase/provisioning"
)

var programSecret = []byte("a secret of thirty-two characters")

func TestAProgramIsAskedWhereThePolicyLetsIt(t *testing.T) {
	t.Parallel()
	var names string // the address at which the program says that the thing runs
	asked := 0
	program := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked++
		w.Write([]byte(`{"stage":"running","handle":"h","url":"` + names + `","apiKey":"k"}`))
	}))
	t.Cleanup(program.Close)
	at := netip.MustParseAddrPort(program.Listener.Addr().String())
	outside := egress.Strict().Allowing(at)
	d, err := provisionhook.Open(provisionhook.Options{URL: program.URL, Secret: programSecret, Outside: outside, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	for _, names = range []string{"https://n8n.example.com", program.URL} {
		if r, err := d.Look(t.Context(), provisioning.Order{Key: "si_1"}); err != nil || r.URL != names {
			t.Errorf("of one at %s it reports %+v, %v", names, r, err)
		}
	}
	for _, names = range []string{"http://n8n.example.com", "https://10.0.0.1", "http://127.0.0.1:1", "https://169.254.169.254"} {
		if r, err := d.Look(t.Context(), provisioning.Order{Key: "si_1"}); err == nil {
			t.Errorf("of one at %s it reports %+v", names, r)
		}
	}
	if asked != 6 {
		t.Errorf("the program was asked %d times", asked)
	}

	// By a name that leads to it, it is found out when it is called.
	_, port, _ := strings.Cut(at.String(), ":")
	strict, err := provisionhook.Open(provisionhook.Options{URL: "https://localhost:" + port, Secret: programSecret, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	var refusal *egress.Refusal
	if _, err := strict.Begin(t.Context(), provisioning.Order{Key: "si_1"}); !errors.As(err, &refusal) || refusal.Cause != egress.Address ||
		asked != 6 {
		t.Errorf("%v, asked %d times", err, asked)
	}
}

func TestAnAddressThatMayNotBeCalledMakesNoDriver(t *testing.T) {
	t.Parallel()
	for _, at := range []string{"", "program.example", "http://program.example", "https://name:password@program.example",
		"https://127.0.0.1/", "https://[::1]/", "https://10.0.0.1:8443/", "https://169.254.169.254/", "ftp://program.example/",
		"https://program.example:0/"} {
		if d, err := provisionhook.Open(provisionhook.Options{URL: at, Secret: programSecret, Now: time.Now}); err == nil ||
			!strings.Contains(err.Error(), "must be https") {
			t.Errorf("%q: %+v, %v", at, d, err)
		}
	}
	for _, at := range []string{"https://program.example/", "https://program.example:8443/x", "https://8.8.8.8/"} {
		if _, err := provisionhook.Open(provisionhook.Options{URL: at, Secret: programSecret, Now: time.Now}); err != nil {
			t.Errorf("%q: %v", at, err)
		}
	}
}

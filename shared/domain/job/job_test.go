package job_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/job"
)

const (
	agency id.Agency = "ag_01KAM5Q0Z8W3RN6T0V4K2M9QXB"
	client id.Client = "cl_01KAM5Q0Z8W3RN6T0V4K2M9QXB"
	member id.Member = "mb_01KAM5Q0Z8W3RN6T0V4K2M9QXB"
	domain           = "dom_01KAM5Q0Z8W3RN6T0V4K2M9QXB"
)

func TestAJobComesOffTheQueueAsItWent(t *testing.T) {
	t.Parallel()
	for _, want := range []job.Mail{
		{Kind: job.Invite, Agency: agency, Client: client, Job: "in_01KAM5Q0Z8W3RN6T0V4K2M9QXB.2"},
		{Kind: job.Code, User: id.UserOf("ops@acme.example"), Job: "01KAM5Q0Z8W3RN6T0V4K2M9QXB"},
		{Kind: job.Test, Agency: agency, Member: member, Item: domain, Job: "t1"},
		{Kind: job.Approved, Agency: agency, Item: "req_01KAM5Q0Z8W3RN6T0V4K2M9QXB", Job: "n1"},
		{Kind: job.News, Agency: agency, Item: domain, Job: job.Stands("verified")},
		{Kind: job.News, Agency: agency, Member: member, Job: job.Changed},
		{Kind: job.Records, Agency: agency, Item: domain, Job: "r1"},
	} {
		got, err := job.Decode(want.Encode())
		if err != nil {
			t.Error(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
	}
}

func TestWhatIsNoJobIsPoison(t *testing.T) {
	t.Parallel()
	invite := string(job.Mail{Kind: job.Invite, Agency: agency, Client: client, Job: "j"}.Encode())
	code := string(job.Mail{Kind: job.Code, User: id.UserOf("ops@acme.example"), Job: "j"}.Encode())
	test := string(job.Mail{Kind: job.Test, Agency: agency, Member: member, Item: domain, Job: "j"}.Encode())
	for name, body := range map[string]string{
		"a test for nobody":          strings.Replace(test, "mb_0", "mb_9", 1),
		"a test of no domain":        strings.Replace(test, "dom_", "cl_", 1),
		"a sender of a wrong domain": strings.Replace(strings.Replace(test, `"test"`, `"sender"`, 1), "dom_", "cl_", 1),
		"records of no domain":       strings.Replace(strings.Replace(test, `"test"`, `"records"`, 1), domain, "", 1),
		"nothing":                    "", "not JSON": "x", "another type": "[]", "null": "null", "empty": "{}",
		"an unknown kind":       strings.Replace(invite, `"invite"`, `"other"`, 1),
		"no job":                strings.Replace(invite, `"j"`, `""`, 1),
		"no job of a code":      strings.Replace(code, `"j"`, `""`, 1),
		"a malformed agency":    strings.Replace(invite, "ag_0", "ag_9", 1),
		"a malformed client":    strings.Replace(invite, "cl_", "in_", 1),
		"a short user":          strings.Replace(code, `"user":"`, `"user":"0`, 1),
		"more after the object": invite + "x",
	} {
		if m, err := job.Decode([]byte(body)); err == nil {
			t.Errorf("%s is taken: %+v", name, m)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(job.Mail{Kind: job.Invite, Agency: agency, Client: client, Job: "j"}.Encode())
	f.Add(job.Mail{Kind: job.Code, User: id.UserOf("ops@acme.example"), Job: "j"}.Encode())
	f.Add([]byte(`{"kind":"code","user":"\ud800"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		m, err := job.Decode(body)
		if err != nil {
			return
		}
		if again, err := job.Decode(m.Encode()); err != nil || again != m {
			t.Errorf("%q is %+v, and that %+v, %v", body, m, again, err)
		}
		if m.Kind == job.Invite && (m.Client.Ref() == "" || !id.Valid(id.AgencyPrefix, string(m.Agency))) {
			t.Errorf("%q is %+v", body, m)
		}
	})
}

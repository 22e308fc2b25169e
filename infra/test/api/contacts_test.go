package apitest_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"html"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// contactCard is a contact as the API shows it.
type contactCard struct {
	ID, Kind, Name, Email, Phone, Address, TaxID, CustomText, Note, Company, CompanyName, Responsible, ClientID string

	ArchivedAt   *string
	ExternalUser *struct{ ID, Email, Name, Status string }
}

// contact makes a contact.
func (c *caller) contact(fields m) contactCard {
	c.t.Helper()
	var card contactCard
	c.post("/v1/contacts", fields).is(201).into(&card)
	return card
}

// contactNames are the names of the contacts of a list.
func (c *caller) contactNames(query string) []string {
	c.t.Helper()
	var page struct {
		Items      []contactCard
		NextCursor *string
	}
	c.get("/v1/contacts" + query).is(200).into(&page)
	names := []string{}
	for _, x := range page.Items {
		names = append(names, x.Name)
	}
	return names
}

func TestContactsAreMadeFoundChangedAndArchived(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	if got := o.contactNames(""); len(got) != 0 {
		t.Fatalf("there are %q", got)
	}
	acme := o.contact(m{"kind": "company", "name": "Acme Ltd", "email": "INFO@acme.example", "taxId": "SE55 66"})
	a := o.post("/v1/contacts", m{"name": " Ida  Berg ", "email": "ida@acme.example", "phone": "+46 8 123", "company": acme.ID,
		"address": "Storgatan 1\n111 22 Stockholm", "customText": "See https://acme.example", "note": "Met <here>"}).is(201)
	var ida contactCard
	a.into(&ida)
	if ida.Name != "Ida Berg" || ida.Kind != "person" || ida.Address != "Storgatan 1\n111 22 Stockholm" || ida.Note != "Met <here>" ||
		a.header.Get("Location") != "/v1/contacts/"+ida.ID || acme.Email != "info@acme.example" {
		t.Errorf("made %+v, %+v at %s", ida, acme, a.header.Get("Location"))
	}
	for query, want := range map[string][]string{
		"": {"Ida Berg", "Acme Ltd"}, "?find=BERG": {"Ida Berg"}, "?find=info%40": {"Acme Ltd"}, "?kind=company": {"Acme Ltd"},
		"?find=nobody": {}, "?archived=true": {}, "?withEmail=true": {"Ida Berg", "Acme Ltd"},
	} {
		if got := o.contactNames(query); !slices.Equal(got, want) {
			t.Errorf("%q finds %q, want %q", query, got, want)
		}
	}

	at := "/v1/contacts/" + ida.ID
	got := o.get(at).is(200)
	got.into(&ida)
	tag := got.header.Get("ETag")
	if ida.CompanyName != "Acme Ltd" || ida.ExternalUser != nil || tag == "" {
		t.Errorf("read %+v, tag %q", ida, tag)
	}
	if next := o.do(http.MethodPatch, at, m{"phone": "", "name": "Ida B."}, "If-Match", tag).is(200); next.header.Get("ETag") == tag {
		t.Error("the tag stays")
	}
	o.do(http.MethodPatch, at, m{"phone": "+46 9 999"}, "If-Match", tag).refuses(412, "changed_meanwhile", "")
	o.get(at).is(200).into(&ida)
	if ida.Name != "Ida B." || ida.Phone != "" || ida.Note != "Met <here>" || ida.Company != acme.ID {
		t.Errorf("changed to %+v", ida)
	}

	o.delete(at).is(200).into(&ida)
	o.delete(at).is(200)
	if ida.ArchivedAt == nil {
		t.Error("it is not archived")
	}
	o.do(http.MethodPatch, at, m{"name": "X"}).refuses(409, "not_active", "")
	if got := o.contactNames(""); !slices.Equal(got, []string{"Acme Ltd"}) {
		t.Errorf("open are %q", got)
	}
	if got := o.contactNames("?archived=true"); !slices.Equal(got, []string{"Ida B."}) {
		t.Errorf("archived are %q", got)
	}
	o.do(http.MethodPatch, at, m{"archived": false, "name": "Ida Berg"}).is(200).into(&ida)
	if ida.ArchivedAt != nil || ida.Name != "Ida Berg" {
		t.Errorf("restored as %+v", ida)
	}
	var log struct {
		Items []struct{ Action, Detail string }
	}
	o.get("/v1/activity?subject=" + ida.ID).is(200).into(&log)
	var actions []string
	for _, e := range log.Items {
		actions = append(actions, strings.TrimSpace(e.Action+" "+e.Detail))
	}
	want := []string{"contact.restored", "contact.archived", "contact.changed name phone", "contact.created"}
	if !slices.Equal(actions, want) {
		t.Errorf("the log has %q, want %q", actions, want)
	}
	o.get("/activity").is(200).shows("added the contact")
}

func TestContactsWhatIsRefusedIsRefusedWhole(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	acme := o.contact(m{"kind": "company", "name": "Acme Ltd"})
	ida := o.contact(m{"name": "Ida", "email": "ida@acme.example"})
	for _, c := range []struct {
		field string
		body  m
	}{
		{"name", m{}}, {"name", m{"name": "  "}}, {"name", m{"name": "https://acme.example"}}, {"name", m{"name": "A\u0000B"}},
		{"name", m{"name": "A\nB"}}, {"name", m{"name": strings.Repeat("x", 201)}}, {"email", m{"name": "A", "email": "no address"}},
		{"phone", m{"name": "A", "phone": "call me"}}, {"phone", m{"name": "A", "phone": "1\u202e23"}},
		{"kind", m{"name": "A", "kind": "dog"}},
		{"company", m{"name": "A", "company": ida.ID}}, {"company", m{"name": "A", "company": "con_x"}},
		{"company", m{"name": "A", "kind": "company", "company": acme.ID}},
		{"responsible", m{"name": "A", "responsible": "mb_01JZ8Y5W3RN6T0V4K2M9QXBDCE"}},
		{"address", m{"name": "A", "address": strings.Repeat("x", 301)}}, {"taxId", m{"name": "A", "taxId": strings.Repeat("1", 41)}},
		{"customText", m{"name": "A", "customText": "a\u0007b"}}, {"note", m{"name": "A", "note": strings.Repeat("x", 2001)}},
		{"client", m{"name": "A", "client": "cl_01JZ8Y5W3RN6T0V4K2M9QXBDCE"}}, {"clientId", m{"name": "A", "clientId": "x"}},
	} {
		o.post("/v1/contacts", c.body).refuses(422, "invalid", c.field)
		if len(c.body) > 0 { // of a change, what is left out stays
			change := m{"phone": "+46 999"}
			for name, v := range c.body {
				if name != "name" || c.field == "name" {
					change[name] = v
				}
			}
			if c.field == "phone" {
				change["taxId"] = "1"
			}
			o.do(http.MethodPatch, "/v1/contacts/"+ida.ID, change).refuses(422, "invalid", c.field)
		}
	}
	var still contactCard
	o.get("/v1/contacts/" + ida.ID).is(200).into(&still)
	if still.Phone != "" || still.TaxID != "" || still.Name != "Ida" {
		t.Errorf("a refused change has left %+v", still)
	}
	if got := o.contactNames(""); len(got) != 2 {
		t.Errorf("there are %q", got)
	}
}

func TestContactsOneOpenCardHasAnAddress(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	ida := o.contact(m{"name": "Ida", "email": "ida@acme.example"})
	again := o.post("/v1/contacts", m{"name": "Ida again", "email": "IDA@acme.example"}).refuses(409, "contact_exists", "email")
	if again.Existing != ida.ID {
		t.Errorf("it leads to %q, want %s", again.Existing, ida.ID)
	}
	other := o.contact(m{"name": "Other"})
	o.do(http.MethodPatch, "/v1/contacts/"+other.ID, m{"email": "ida@acme.example"}).refuses(409, "contact_exists", "email")
	// What is archived holds no address, and gets it back only while it is free.
	o.delete("/v1/contacts/" + ida.ID).is(200)
	o.do(http.MethodPatch, "/v1/contacts/"+other.ID, m{"email": "ida@acme.example"}).is(200)
	o.do(http.MethodPatch, "/v1/contacts/"+ida.ID, m{"archived": false}).refuses(409, "contact_exists", "email")
	o.do(http.MethodPatch, "/v1/contacts/"+other.ID, m{"email": ""}).is(200)
	o.do(http.MethodPatch, "/v1/contacts/"+ida.ID, m{"archived": false}).is(200)
	// Another agency has cards of its own, and sees none of these.
	s := p.signIn(soloOwner)
	s.contact(m{"name": "Ida", "email": "ida@acme.example"})
	s.get("/v1/contacts/"+ida.ID).refuses(404, "not_found", "")
	s.do(http.MethodPatch, "/v1/contacts/"+ida.ID, m{"name": "X"}).refuses(404, "not_found", "")
	s.delete("/v1/contacts/"+ida.ID).refuses(404, "not_found", "")
}

func TestContactsARepeatedRequestMakesNone(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	var one, two contactCard
	o.post("/v1/contacts", m{"name": "Ida", "email": "ida@acme.example"}, "Idempotency-Key", "k").is(201).into(&one)
	o.post("/v1/contacts", m{"name": "Ida", "email": "ida@acme.example"}, "Idempotency-Key", "k").is(201).into(&two)
	o.post("/v1/contacts", m{"name": "Else"}, "Idempotency-Key", "k").refuses(409, "idempotency_conflict", "")
	if one.ID != two.ID {
		t.Errorf("made %s and %s", one.ID, two.ID)
	}
}

func TestContactsPagesOfAList(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	for n := range 5 {
		o.contact(m{"name": "Contact " + strconv.Itoa(n)})
	}
	var all []string
	for path := "/v1/contacts?limit=2"; ; {
		var page struct {
			Items      []contactCard
			NextCursor *string
		}
		o.get(path).is(200).into(&page)
		for _, c := range page.Items {
			all = append(all, c.Name)
		}
		if page.NextCursor == nil {
			break
		}
		path = "/v1/contacts?limit=2&cursor=" + url.QueryEscape(*page.NextCursor)
	}
	slices.Sort(all) // those of one millisecond have no order
	if want := []string{"Contact 0", "Contact 1", "Contact 2", "Contact 3", "Contact 4"}; !slices.Equal(all, want) {
		t.Errorf("listed %q, want %q", all, want)
	}
	o.get("/v1/contacts?cursor=x").refuses(422, "invalid", "cursor")
}

// importFile sends a file of contacts.
func (c *caller) importFile(file, query string) *answer {
	c.t.Helper()
	return c.post("/v1/contacts/import"+query, raw(file), "Content-Type", "text/csv")
}

// imported is what an import of contacts answers.
type imported struct {
	Hash           string
	Done           bool
	Ready, Created int
	UnknownColumns []string
	Rows           []struct {
		Row                                     int
		Name, Email, Verdict, Detail, ContactID string
		FirstRow                                int
	}
}

func (i imported) verdicts() string {
	var all []string
	for _, r := range i.Rows {
		all = append(all, strconv.Itoa(r.Row)+" "+r.Verdict)
	}
	return strings.Join(all, ", ")
}

func TestPortalV1ContactsAreImportedAfterADryRun(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	o.contact(m{"kind": "company", "name": "Acme Ltd", "email": "info@acme.example"})
	const file = "\ufeffName;E-Mail;Phone;Colour;Company;Note\r\n" +
		"Ida Berg;ida@acme.example;'+46 8 123;blue;ACME ltd;\"two\r\nlines\"\r\n" +
		"\r\n" +
		"Ida;IDA@acme.example;;;;\r\n" +
		"Info;info@acme.example;;;;\r\n" +
		"www.bad.example;bad@acme.example;;;;\r\n" +
		"No company;no@acme.example;;;Nowhere;\r\n" +
		"Nobody;;;;;\r\n"
	var dry, done, again imported
	o.importFile(file, "").is(200).into(&dry)
	if got, want := dry.verdicts(), "2 ready, 4 duplicate, 5 exists, 6 invalid, 7 invalid, 8 ready"; got != want {
		t.Fatalf("verdicts %q, want %q", got, want)
	}
	if dry.Done || dry.Ready != 2 || dry.Created != 0 || !slices.Equal(dry.UnknownColumns, []string{"Colour"}) ||
		dry.Rows[1].FirstRow != 2 ||
		dry.Rows[2].ContactID == "" || !strings.Contains(dry.Rows[3].Detail, "name: ") || !strings.Contains(dry.Rows[4].Detail, "Nowhere") {
		t.Errorf("a dry run says %+v", dry)
	}
	if got := o.contactNames(""); !slices.Equal(got, []string{"Acme Ltd"}) {
		t.Fatalf("a dry run has made %q", got)
	}
	o.importFile(file, "?confirm=0000").refuses(409, "preview_changed", "rows[4]")
	o.importFile(file, "?confirm="+dry.Hash).is(200).into(&done)
	if got, want := done.verdicts(), "2 created, 4 duplicate, 5 exists, 6 invalid, 7 invalid, 8 created"; got != want || !done.Done {
		t.Errorf("verdicts %q, want %q; done %v", got, want, done.Done)
	}
	var ida contactCard
	o.get("/v1/contacts/" + done.Rows[0].ContactID).is(200).into(&ida)
	if ida.Phone != "+46 8 123" || ida.CompanyName != "Acme Ltd" || ida.Note != "two\nlines" {
		t.Errorf("made %+v", ida)
	}
	// Confirming again makes nothing again, also of the row without an address; another preview knows what is there.
	o.importFile(file, "?confirm="+dry.Hash).is(200).into(&again)
	if again.verdicts() != done.verdicts() || again.Rows[5].ContactID != done.Rows[5].ContactID {
		t.Errorf("again: %q, first %q", again.verdicts(), done.verdicts())
	}
	if got := o.contactNames(""); len(got) != 3 {
		t.Errorf("there are %q", got)
	}
	o.importFile(file, "").is(200).into(&again)
	if again.Hash == dry.Hash || again.Rows[0].Verdict != "exists" {
		t.Errorf("a preview afterwards says %q", again.verdicts())
	}
}

func TestPortalV1AChangedVerdictStopsTheImport(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	const file = "name,email\nIda,ida@acme.example\nOle,ole@acme.example\n"
	var dry imported
	o.importFile(file, "").is(200).into(&dry)
	o.contact(m{"name": "Ole", "email": "ole@acme.example"})
	o.importFile(file, "?confirm="+dry.Hash).refuses(409, "preview_changed", "rows[3]")
	if got := o.contactNames(""); !slices.Equal(got, []string{"Ole"}) {
		t.Errorf("there are %q", got)
	}
	// Another agency cannot confirm by this hash.
	p.signIn(soloOwner).importFile(file, "?confirm="+dry.Hash).refuses(409, "preview_changed", "")
}

func TestPortalV2ContactsFromEverySpreadsheet(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	var dry imported
	wide := "\xff\xfe"
	for _, c := range "name\temail\nZoë\tzoe@acme.example\n" {
		wide += string([]byte{byte(c), byte(c >> 8)})
	}
	o.post("/v1/contacts/import", raw(wide), "Content-Type", "application/octet-stream").is(200).into(&dry)
	if dry.verdicts() != "2 ready" || dry.Rows[0].Name != "Zoë" {
		t.Errorf("UTF-16 with tabs: %+v", dry)
	}
	bad := o.post("/v1/contacts/import", raw("name\nZo\xeb\n"), "Content-Type", "application/octet-stream").refuses(422, "invalid", "file")
	if !strings.Contains(bad.Detail, "Save as CSV UTF-8") {
		t.Errorf("Windows-1252: %q", bad.Detail)
	}
	o.importFile("name\n"+strings.Repeat("A\n", 1001), "").refuses(422, "invalid", "file")
	o.importFile("name\n"+strings.Repeat("A", 1<<20), "").refuses(413, "too_large", "")
	o.importFile("email\na@acme.example\n", "").refuses(422, "invalid", "file")
}

func TestPortalV3AThousandContactsComeInOneFile(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	var file strings.Builder
	file.WriteString("name,email\n")
	for n := range 1000 {
		file.WriteString("Contact " + strconv.Itoa(n) + ",c" + strconv.Itoa(n) + "@acme.example\n")
	}
	var dry, done imported
	o.importFile(file.String(), "").is(200).into(&dry)
	o.importFile(file.String(), "?confirm="+dry.Hash).is(200).into(&done)
	if dry.Ready != 1000 || done.Created != 1000 {
		t.Errorf("%d are ready, and %d made", dry.Ready, done.Created)
	}
	a := o.get("/v1/contacts/export").is(200)
	if n := bytes.Count(a.body, []byte("\r\n")); n != 1001 || a.header.Get("Link") != "" {
		t.Errorf("the file has %d lines, and %q behind it", n, a.header.Get("Link"))
	}
}

func TestPortalV4ContactsAreExportedAsWhatCanBeImported(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	acme := o.contact(m{"kind": "company", "name": "Acme Ltd"})
	o.contact(m{"name": "=Ida", "email": "ida@acme.example", "phone": "+46 8", "company": acme.ID, "note": "@home\ntwo"})
	a := o.get("/v1/contacts/export?kind=person").is(200)
	if kind := a.header.Get("Content-Type"); !strings.HasPrefix(kind, "text/csv") {
		t.Errorf("it is %q", kind)
	}
	file := string(a.body)
	if !strings.HasPrefix(file, "\ufeffid,kind,name,") || !strings.Contains(file, ",person,'=Ida,ida@acme.example,") ||
		!strings.Contains(file, "\"'@home\r\ntwo\"") {
		t.Errorf("the file is %q", file)
	}
	s := p.signIn(soloOwner)
	s.contact(m{"kind": "company", "name": "Acme Ltd"})
	var dry, done imported
	s.importFile(file, "").is(200).into(&dry)
	s.importFile(file, "?confirm="+dry.Hash).is(200).into(&done)
	if done.Created != 1 || done.Rows[0].Name != "=Ida" {
		t.Fatalf("imported %+v", done)
	}
	var ida contactCard
	s.get("/v1/contacts/" + done.Rows[0].ContactID).is(200).into(&ida)
	if ida.Phone != "+46 8" || ida.Note != "@home\ntwo" || ida.CompanyName != "Acme Ltd" {
		t.Errorf("it came as %+v", ida)
	}
}

// uploaded is a form with a file.
func uploaded(fields map[string]string, file string) (raw, string) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for name, v := range fields {
		w.WriteField(name, v) //nolint:errcheck // a buffer takes everything
	}
	if file != "" {
		part, _ := w.CreateFormFile("file", "contacts.csv")
		part.Write([]byte(file)) //nolint:errcheck // as above
	}
	w.Close() //nolint:errcheck // as above
	return raw(b.String()), w.FormDataContentType()
}

func TestContactsByTheirPages(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	o.get("/contacts").is(200).shows("Add your first contact")
	o.get("/contacts?ask=add").is(200).shows("A role can show this to the client")
	o.post("/contacts", do("add", url.Values{"name": {""}, "phone": {"+46 8"}, "kind": {"person"}})).is(422).shows("Enter a name")
	o.post("/contacts", do("add", url.Values{"name": {"Ida <b>Berg"}, "kind": {"person"}})).is(422)
	at := o.post("/contacts", do("add", url.Values{"name": {"Ida Berg"}, "email": {"ida@acme.example"}, "kind": {"person"},
		"note": {"A <secret>"}})).is(303)
	path, _, _ := strings.Cut(at.header.Get("Location"), "?")
	o.get(at.header.Get("Location")).is(200).shows("Contact added").shows("A <secret>")
	o.get("/contacts?q=BERG").is(200).shows("Ida Berg")
	o.get("/contacts?q=nobody").is(200).shows("No contacts found")
	o.post("/contacts", do("add", url.Values{"name": {"Two"}, "email": {"ida@acme.example"}, "kind": {"person"}})).is(409).
		shows("Open the contact that has this email")
	o.post(path, do("save", url.Values{"name": {"Ida B."}, "kind": {"person"}, "tag": {`"9"`}})).is(412).shows("Somebody else has changed")
	o.post(path, do("save", url.Values{"name": {"Ida B."}, "kind": {"person"}, "email": {"ida@acme.example"}})).is(303)
	o.get(path + "?ask=edit").is(200).shows("Ida B.")
	o.post(path, do("archive", url.Values{})).is(303)
	o.get(path).is(200).shows("Restore contact")
	o.get("/contacts?only=archived").is(200).shows("Ida B.")
	o.post(path, do("restore", url.Values{})).is(303)
	o.get(path).is(200).shows("Archive contact")

	o.get("/contacts/import").is(200).shows("CSV file")
	send := func(fields map[string]string, file string) *answer {
		body, kind := uploaded(fields, file)
		return o.post("/contacts/import", body, "Content-Type", kind)
	}
	send(map[string]string{"do": "import", "step": "preview"}, "").is(422).shows("Choose a file")
	preview := send(map[string]string{"do": "import", "step": "preview"},
		"name,email,Colour\nOle,ole@acme.example,red\nTwo,ida@acme.example,\n").is(200)
	preview.shows("Add 1 contact").shows("Colour").shows("Another contact has this email")
	packed, hash := hiddenField(t, preview.body, "packed"), hiddenField(t, preview.body, "hash")
	rest := send(map[string]string{"do": "import", "step": "rest", "packed": packed, "hash": hash}, "").is(200)
	want := "\ufeffname,email,row,problem\r\nTwo,ida@acme.example,3,Another contact has this email. It stays as it is.\r\n"
	if string(rest.body) != want {
		t.Errorf("the rest is %q, want %q", rest.body, want)
	}
	send(map[string]string{"do": "import", "step": "confirm", "packed": packed, "hash": "x"}, "").is(409).shows("Add 1 contact")
	send(map[string]string{"do": "import", "step": "confirm", "packed": packed, "hash": hash}, "").is(200).shows("1 contact was added")
	broken := base64.StdEncoding.EncodeToString([]byte("x"))
	send(map[string]string{"do": "import", "step": "confirm", "packed": broken, "hash": hash}, "").is(400)
	o.get("/contacts").is(200).shows("ole@acme.example")
}

// hiddenField is the value of a hidden field of a page.
func hiddenField(t *testing.T, body []byte, name string) string {
	t.Helper()
	_, after, ok := strings.Cut(string(body), `name="`+name+`" value="`)
	if !ok {
		t.Fatalf("there is no field %s", name)
	}
	value, _, _ := strings.Cut(after, `"`)
	return strings.NewReplacer("&#43;", "+", "&#34;", `"`, "&#39;", "'", "&amp;", "&").Replace(value)
}

// contactsJob is the part of the whole job about contacts: by API and page, by a key and by a person.
func contactsJob(t *testing.T, p *product, kept *secrets) {
	t.Helper()
	o := p.signIn(owner)
	kept.keep(o.cookie, p.newestCode(owner))
	key := o.key("contacts", "contacts:read", "contacts:write")
	kept.keep(key.Secret)
	program := p.program(key.Secret)
	hour := func() { p.advance(61 * time.Minute) }
	hour()
	company := program.contact(m{"kind": "company", "name": "Cards Ltd"})
	var card contactCard
	for range 2 {
		o.post("/v1/contacts", m{"name": "Card", "email": "card@client.example", "company": company.ID}, "Idempotency-Key", "card").
			is(201).into(&card)
	}
	at := "/v1/contacts/" + card.ID
	hour()
	program.contactNames("?find=card")
	hour()
	program.get(at).is(200)
	program.do(http.MethodPatch, at, m{"email": "card2@client.example", "responsible": o.member()}).is(200)
	o.get(at).is(200)
	program.delete(at).is(200)
	program.do(http.MethodPatch, at, m{"archived": false}).is(200)
	const file = "name,email,company\nImported,imported@client.example,Cards Ltd\n"
	var dry imported
	hour()
	program.importFile(file, "").is(200).into(&dry)
	program.importFile(file, "?confirm="+dry.Hash).is(200)
	program.importFile(file, "?confirm="+dry.Hash).is(200)
	hour()
	program.get("/v1/contacts/export").is(200)

	o = p.signIn(owner)
	kept.keep(o.cookie, p.newestCode(owner))
	for range 2 {
		o.post("/contacts", do("add", url.Values{"key": {"a1"}, "name": {"By form"}, "kind": {"person"}, "company": {company.ID},
			"email": {"form@client.example"}})).is(303)
	}
	o.get("/contacts?ask=add").is(200)
	page := "/contacts/" + card.ID
	o.post(page, do("save", url.Values{"name": {"Card"}, "kind": {"person"}, "company": {company.ID},
		"email": {"card3@client.example"}})).is(303)
	o.get(page).is(200)
	o.post(page, do("archive", url.Values{})).is(303)
	o.post(page, do("restore", url.Values{})).is(303)
	body, kind := uploaded(map[string]string{"do": "import", "step": "preview"}, "name,email,company\nPage,page@client.example,Cards Ltd\n")
	o.get("/contacts/import").is(200)
	preview := o.post("/contacts/import", body, "Content-Type", kind).is(200)
	body, kind = uploaded(map[string]string{"do": "import", "step": "confirm", "packed": hiddenField(t, preview.body, "packed"),
		"hash": hiddenField(t, preview.body, "hash")}, "")
	o.post("/contacts/import", body, "Content-Type", kind).is(200)

	// And the client's own side, with a company and somebody who looks after it, by a role.
	o.put("/v1/portal-app", nil).is(200)
	i := o.invite("carded@client.example")
	me := p.accept("carded@client.example")
	kept.keep(me.cookie, p.newestCode("carded@client.example"))
	var given struct{ ID string }
	o.post("/v1/roles", m{"name": "Card", "active": true, "rules": m{"contact": m{"fields": []string{"name", "phone"},
		"relations": []string{"company", "responsible"}, "actions": []string{"edit"}}}}).is(201).into(&given)
	o.patch("/v1/clients/"+i.ClientID, m{"roles": []string{given.ID}, "contacts": []string{card.ID}}).is(200)
	own := "/v1/portal/contacts/" + card.ID
	me.get("/v1/portal/contacts").is(200)
	me.get(own).is(200)
	me.patch(own, m{"phone": "+46 8 123"}).is(200)
	me.get("/portal/details").is(200)
	me.post("/portal/details", do("save", url.Values{"contact": {card.ID}, "phone": {"+46 8 456"}})).is(303)
	me.get("/v1/me/export").is(200)
	me.get("/portal").is(200)
	me.get("/v1/portal").is(200)
	o.post(page, do("unlink", url.Values{})).is(303)
}

// member is the caller's place at its agency.
func (c *caller) member() string {
	c.t.Helper()
	var team struct{ Items []struct{ ID, Email string } }
	c.get("/v1/members").is(200).into(&team)
	for _, x := range team.Items {
		if x.Email == owner {
			return x.ID
		}
	}
	c.t.Fatal("the owner has no place")
	return ""
}

// refuses asks for a problem at a field; "" for one that is about none.
func (a *answer) refuses(status int, code, field string) contactProblem {
	a.t.Helper()
	p := contactProblem{problem: a.fails(status, code)}
	if field != "" && p.at(field) == "" {
		a.t.Errorf("%s says nothing at %s, but %s", a.what, field, a.body)
	}
	if err := json.Unmarshal(a.body, &p); err != nil {
		a.t.Fatal(err)
	}
	return p
}

// contactProblem is a problem that may lead to a contact.
type contactProblem struct {
	problem

	Existing string
}

// opened gives a client rules of its own and cards, as its agency does.
func (c *caller) opened(client string, rules m, cards ...string) {
	c.t.Helper()
	c.do(http.MethodPatch, "/v1/clients/"+client, m{"rules": rules, "contacts": cards}).is(200)
}

func TestPortalLK4ContactsShowAClientWhatItsRolesOpenAndNothingElse(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	o.do(http.MethodPut, "/v1/portal-app", nil).is(200)
	acme := o.contact(m{"kind": "company", "name": "Acme Secret Ltd", "phone": "+1 555 0100", "note": "NOTE-1"})
	card := o.contact(m{"name": "Ida Berg", "email": "ida-card@acme.example", "phone": "+46 8 123", "address": "Storgatan 1",
		"taxId": "TAX-77", "customText": "CUSTOM-88", "note": "NOTE-99", "company": acme.ID, "responsible": o.member()})
	i := o.invite("ida@client.example")
	me := p.accept("ida@client.example")
	at := "/v1/portal/contacts/" + card.ID
	me.get("/v1/portal/contacts").refuses(404, "not_found", "")
	o.opened(i.ClientID, m{}, card.ID)
	me.get("/v1/portal/contacts").refuses(404, "not_found", "")
	me.get(at).refuses(404, "not_found", "")
	me.get("/portal/details").is(404)
	me.get("/portal").is(200).hides("/portal/details")

	// Each entry shows its own value, and no other one.
	values := map[string]string{"name": "Ida Berg", "email": "ida-card@", "phone": "+46 8 123", "address": "Storgatan 1", "taxId": "TAX-77",
		"customText": "CUSTOM-88", "company": "Acme Secret Ltd"}
	keys := map[string]string{"taxId": "tax_id", "customText": "custom_text"}
	for property, value := range values {
		key := property
		if k := keys[property]; k != "" {
			key = k
		}
		o.opened(i.ClientID, m{"contact": m{"fields": []string{key}}}, card.ID)
		page, list, one := me.get("/portal/details").is(200), me.get("/v1/portal/contacts").is(200), me.get(at).is(200)
		var got map[string]any
		one.into(&got)
		if v, _ := got[property].(string); !strings.Contains(v, value) {
			t.Errorf("with %s alone it reads %v", key, got)
		}
		for other, hidden := range values {
			if other == property {
				continue
			}
			if _, there := got[other]; there {
				t.Errorf("with %s alone it has %s, too", key, other)
			}
			for _, a := range []*answer{page, list, one} {
				a.hides(hidden)
			}
		}
		for _, a := range []*answer{page, list, one} {
			a.hides("NOTE-99", "Nora")
		}
	}
	// A relation shows the name of who looks after it, and the company's card as far as the fields go.
	o.opened(i.ClientID, m{"contact": m{"fields": []string{"name"}, "relations": []string{"responsible", "company"}}}, card.ID)
	var got struct {
		Responsible string
		CompanyCard map[string]any
	}
	me.get(at).is(200).hides("owner@", "+1 555", "NOTE-1").into(&got)
	if got.Responsible != "Nora Lindqvist" || got.CompanyCard["name"] != "Acme Secret Ltd" {
		t.Errorf("relations show %+v", got)
	}
	me.get("/portal/details").is(200).shows("Nora Lindqvist", "Acme Secret Ltd").hides("+1 555", "NOTE-")
	// Others' cards, and those that are archived, are not there; neither is anything once the link is gone.
	me.get("/v1/portal/contacts/"+acme.ID).refuses(404, "not_found", "")
	me.get("/portal").is(200).shows("Your details")
	me.get("/v1/me/export").is(200).hides("+1 555", "NOTE-")
	other := p.accept(o.invite("ole@client.example").Email)
	other.get(at).refuses(404, "not_found", "")
	o.delete("/v1/contacts/" + card.ID).is(200)
	me.get(at).refuses(404, "not_found", "")
	o.do(http.MethodPatch, "/v1/contacts/"+card.ID, m{"archived": false}).is(200)
	me.get(at).is(200)
	o.post("/contacts/"+card.ID, do("unlink", url.Values{})).is(303)
	me.get(at).refuses(404, "not_found", "")
	// FL8: from the card leads a way to its line, with its address.
	s := string(o.get("/contacts/"+card.ID).is(200).shows("Not linked with an external user", "Invite User").body)
	way := regexp.MustCompile(`href="(/client-portal/invite\?[^"]+)"`).FindStringSubmatch(s)
	if way == nil {
		t.Fatal("no way leads from the contact to its invite")
	}
	line := string(o.get(html.UnescapeString(way[1])).is(200).body)
	if !strings.Contains(line, card.ID) || !strings.Contains(line, `value="ida-card@acme.example"`) {
		t.Errorf("%s has not the contact in its line", way[1])
	}
}

func TestPortalLK8AClientChangesOfItsContactWhatItIsGrantedAndNothingElse(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	o.do(http.MethodPut, "/v1/portal-app", nil).is(200)
	card := o.contact(m{"name": "Ida Berg", "phone": "+46 8 123", "address": "Storgatan 1"})
	i := o.invite("ida@client.example")
	me := p.accept("ida@client.example")
	at := "/v1/portal/contacts/" + card.ID
	patch := func(body m, headers ...string) *answer { return me.do(http.MethodPatch, at, body, headers...) }
	o.opened(i.ClientID, m{"contact": m{"fields": []string{"name", "phone"}}}, card.ID)
	patch(m{"phone": "+46 8 999"}).refuses(422, "invalid", "phone")
	o.opened(i.ClientID, m{"contact": m{"fields": []string{"name", "phone"}, "actions": []string{"edit"}}}, card.ID)
	patch(m{"phone": "+46 8 999", "address": "Elsewhere"}).refuses(422, "invalid", "address")
	patch(m{"phone": "+46 8 999", "name": "Mallory"}).refuses(422, "invalid", "name")
	patch(m{"note": "x"}).refuses(422, "invalid", "note")
	patch(m{"phone": "no number"}).refuses(422, "invalid", "phone")
	tag := me.get(at).is(200).header.Get("ETag")
	var still contactCard
	o.get("/v1/contacts/" + card.ID).is(200).into(&still)
	if still.Phone != "+46 8 123" || still.Name != "Ida Berg" || still.Address != "Storgatan 1" {
		t.Errorf("a refused change has left %+v", still)
	}
	patch(m{"phone": "+46 8 999"}, "If-Match", tag).is(200)
	patch(m{"phone": "+46 8 111"}, "If-Match", tag).refuses(412, "changed_meanwhile", "")
	// By the page, which has no field that it may not change.
	page := me.get("/portal/details").is(200).shows("Change your phone and address")
	page.hides(`name="address"`, "Storgatan")
	me.post("/portal/details", do("save", url.Values{"contact": {card.ID}, "address": {"Elsewhere"}})).is(422)
	me.post("/portal/details", do("save", url.Values{"contact": {card.ID}, "phone": {"none"}})).is(422).shows("Enter a phone number")
	me.post("/portal/details", do("save", url.Values{"contact": {card.ID}, "phone": {"+46 8 777"}})).is(303)
	o.get("/v1/contacts/" + card.ID).is(200).into(&still)
	if still.Phone != "+46 8 777" {
		t.Errorf("it is %+v", still)
	}
	// What the agency has taken away meanwhile is closed to a form that is still open.
	o.opened(i.ClientID, m{}, card.ID)
	me.post("/portal/details", do("save", url.Values{"contact": {card.ID}, "phone": {"+46 8 666"}})).is(404)
}

func TestFL16ContactsAnEmployeeReadsAndChangesNone(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	o.do(http.MethodPut, "/v1/portal-app", nil).is(200)
	card := o.contact(m{"name": "Ida Berg", "note": "For us"})
	at := "/v1/contacts/" + card.ID
	o.post("/v1/members", m{"email": "sam@northwind.example", "level": "employee"}).is(201)
	e := p.signIn("sam@northwind.example")
	e.get("/v1/contacts").is(200)
	e.get(at).is(200)
	e.get("/v1/contacts/export").refuses(403, "forbidden", "")
	e.get("/contacts").is(200).shows("Ida Berg").hides("Add contact")
	e.get("/contacts/" + card.ID).is(200).shows("For us").hides("Archive contact")
	for _, a := range []*answer{e.post("/v1/contacts", m{"name": "X"}), e.do(http.MethodPatch, at, m{"name": "X"}), e.delete(at),
		e.importFile("name\nX\n", "")} {
		a.refuses(403, "forbidden", "")
	}
	e.post("/contacts", do("add", url.Values{"name": {"X"}})).is(403)
	e.post("/contacts/"+card.ID, do("archive", url.Values{})).is(403)
	e.get("/contacts/import").is(403)
}

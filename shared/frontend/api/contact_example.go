package api

import "time"

const exampleContact = "con_01JZ8Y5W3RN6T0V4K2M9QXBDCE"

// exampleContactBody is the card of who is invited in the examples.
func exampleContactBody() ContactBody {
	return ContactBody{ID: exampleContact, Kind: "person", Name: "Ida Berg", Email: "ida@acme.example", Phone: "+46 8 123 45 67",
		Address: "Storgatan 1, 111 22 Stockholm", TaxID: "SE556677889901", CustomText: "Prefers calls before noon.",
		Note: "Met at the fair.", Company: "con_01JZ8Y5W3RN6T0V4K2M9QXBDCF", CompanyName: "Acme Ltd", Responsible: exampleMember,
		ClientID: exampleClient, CreatedAt: after(0)}
}

func contactExamples() map[string]example {
	card := exampleContactBody()
	bare := card
	bare.ClientID, bare.CompanyName = "", ""
	var whole contactOutput
	whole.Body.ContactBody, whole.Body.ResponsibleName = card, "Nora Lindqvist"
	whole.Body.ExternalUser = &UserBody{exampleClient, "ida@acme.example", "Ida Berg", "active"}
	away := whole
	away.Body.ArchivedAt = afterOrNull(time.Hour)
	var dry importOutput
	dry.Body.Hash, dry.Body.Ready = "9f86d081884c7d659a2feaa0c55ad015", 1
	dry.Body.Columns, dry.Body.UnknownColumns = []string{"name", "email"}, []string{"Favourite colour"}
	dry.Body.Rows = []ImportRowBody{
		{Row: 2, Name: "Ida Berg", Email: "ida@acme.example", Verdict: "ready", Detail: "Will be added."},
		{Row: 3, Name: "Ida", Email: "ida@acme.example", Verdict: "duplicate", Detail: "Same email as row 2, which counts.", FirstRow: 2},
	}
	text := func(s string) *string { return &s }
	mine := OwnContactBody{ID: exampleContact, Kind: "person", Name: text("Ida Berg"), Email: text("ida@acme.example"),
		Phone: text("+46 8 123 45 67"), Company: text("Acme Ltd"), Editable: []string{"phone"}}
	return map[string]example{
		"listPortalContacts":  answers(listed(mine)),
		"getPortalContact":    answers(mine),
		"updatePortalContact": exchanges(raw(`{"phone":"+46 8 123 45 67"}`), mine),
		"createContact": exchanges(raw(`{"name":"Ida Berg","email":"ida@acme.example","phone":"+46 8 123 45 67",`+
			`"company":"con_01JZ8Y5W3RN6T0V4K2M9QXBDCF"}`), bare),
		"listContacts":   answers(listed(card)),
		"getContact":     answers(whole.Body),
		"updateContact":  exchanges(raw(`{"phone":"+46 8 123 45 67"}`), whole.Body),
		"archiveContact": answers(away.Body),
		"importContacts": answers(dry.Body),
	}
}

// exampleUploads are files that operations take, by their ids, and exampleDownloads what they give where that is not what others give.
func exampleUploads() map[string]string {
	return map[string]string{"importContacts": "name,email,Favourite colour\r\nIda Berg,ida@acme.example,blue\r\n" +
		"Ida,ida@acme.example,red\r\n"}
}

func exampleDownloads() map[string]string { //nolint:revive // told above
	return map[string]string{"exportContacts": "\ufeffid,kind,name,email,phone,address,taxId,customText,note,company,clientId,createdAt," +
		"archivedAt\r\n" + exampleContact + ",person,Ida Berg,ida@acme.example,'+46 8 123 45 67,,,,,Acme Ltd,," +
		"2026-11-29T07:40:00.000Z,\r\n"}
}

package letter

// Confirm asks a client to confirm a payment that its bank wants to see confirmed. The link is the payment service's own page
// for the invoice, which opens without signing in; where none is known it is the portal, where the client's invoices are.
func Confirm(d BoughtData) Letter {
	v := bought(&d)
	v.Title, v.Preheader = v.Say("money.confirm_title"), v.Say("money.confirm_preheader")
	v.Button = v.Say("money.confirm_button")
	v.Body = []string{v.Say("money.confirm_mail", "agency", d.AgencyName), v.Say("money.confirm_mail_why")}
	return v.letter(v.Say("money.confirm_subject", "agency", short(d.AgencyName, 80)))
}

// ConfirmPlan asks an owner of an agency to confirm the payment of its plan, as [Confirm] asks a client.
func ConfirmPlan(d BoughtData) Letter {
	d.ToAgency = true
	v := bought(&d)
	v.Title, v.Preheader = v.Say("money.confirm_title"), v.Say("money.confirm_preheader")
	v.Button = v.Say("money.confirm_button")
	v.Why = v.Say("money.confirm_plan_foot", "platform", d.Platform, "agency", d.AgencyName)
	v.Body = []string{v.Say("money.confirm_plan_mail", "agency", d.AgencyName),
		v.Say("money.confirm_plan_why", "agency", d.AgencyName)}
	return v.letter(v.Say("money.confirm_plan_subject", "platform", d.Platform))
}

// Inquiry tells the agency's person that the bank of a client asks about a payment. Nobody has taken anything back yet.
func Inquiry(d BoughtData) Letter {
	d.ToAgency = true
	v := bought(&d)
	v.Title, v.Preheader = v.Say("money.inquiry_title", "client", d.ClientName), v.Say("money.inquiry_preheader")
	v.Body = []string{v.Say("money.inquiry_mail"), v.Say("money.inquiry_mail_next", "platform", d.Platform)}
	return v.letter(v.Say("money.inquiry_subject", "client", short(d.ClientName, 80)))
}

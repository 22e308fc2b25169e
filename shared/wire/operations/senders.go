package operations

import (
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/frontend/api"
)

// Sender serves /v1/sender.
func (f Functions) Sender() event.Function {
	a, s, from := f.p.Authenticator(), f.p.SenderSettings(), f.p.String("MAIL_FROM")
	return api.Route(f.p.Origin(), api.GetSender(a, s, from), api.UpdateSender(a, s, from)).Function()
}

// SenderDomains serves /v1/sender-domains.
func (f Functions) SenderDomains() event.Function {
	a := f.p.Authenticator()
	return api.Route(f.p.Origin(), api.ListDomains(a, f.p.SenderDirectory()), api.ClaimDomain(a, f.p.SenderClaims())).Function()
}

// SenderDomain serves /v1/sender-domains/{domainId}.
func (f Functions) SenderDomain() event.Function {
	a, d, c := f.p.Authenticator(), f.p.SenderDirectory(), f.p.SenderClaims()
	return api.Route(f.p.Origin(), api.GetDomain(a, d), api.UpdateDomain(a, d, c), api.ReleaseDomain(a, c)).Function()
}

// SenderDomainCheck serves /v1/sender-domains/{domainId}/check.
func (f Functions) SenderDomainCheck() event.Function {
	return api.Route(f.p.Origin(), api.CheckDomain(f.p.Authenticator(), f.p.SenderDoctor())).Function()
}

// SenderDomainTest serves /v1/sender-domains/{domainId}/test.
func (f Functions) SenderDomainTest() event.Function {
	return api.Route(f.p.Origin(), api.SendTestMail(f.p.Authenticator(), f.p.SenderSwitch())).Function()
}

// SenderDomainEnable serves /v1/sender-domains/{domainId}/enable.
func (f Functions) SenderDomainEnable() event.Function {
	return api.Route(f.p.Origin(), api.EnableDomain(f.p.Authenticator(), f.p.SenderSwitch())).Function()
}

// SenderDomainDisable serves /v1/sender-domains/{domainId}/disable.
func (f Functions) SenderDomainDisable() event.Function {
	return api.Route(f.p.Origin(), api.DisableDomain(f.p.Authenticator(), f.p.SenderSwitch())).Function()
}

// SenderDomainSMTP serves /v1/sender-domains/{domainId}/smtp.
func (f Functions) SenderDomainSMTP() event.Function {
	a, s := f.p.Authenticator(), f.p.SenderServers()
	return api.Route(f.p.Origin(), api.SetSMTP(a, s), api.RemoveSMTP(a, s)).Function()
}

// SenderDomainSMTPTest serves /v1/sender-domains/{domainId}/smtp/test.
func (f Functions) SenderDomainSMTPTest() event.Function {
	return api.Route(f.p.Origin(), api.TestSMTP(f.p.Authenticator(), f.p.SenderSwitch())).Function()
}

// SenderDomainRecords serves /v1/sender-domains/{domainId}/records.
func (f Functions) SenderDomainRecords() event.Function {
	a, r := f.p.Authenticator(), f.p.SenderRecords()
	return api.Route(f.p.Origin(), api.SendDomainRecords(a, r), api.RevokeDomainRecords(a, r)).Function()
}

// SenderDomainZoneFile serves /v1/sender-domains/{domainId}/zone-file.
func (f Functions) SenderDomainZoneFile() event.Function {
	return api.Route(f.p.Origin(), api.GetZoneFile(f.p.Authenticator(), f.p.SenderDirectory())).Function()
}

// DomainRecords serves /v1/records/{token}.
func (f Functions) DomainRecords() event.Function {
	return api.Route(f.p.Origin(), api.ViewDomainRecords(f.p.Authenticator(), f.p.SenderLinks())).Function()
}

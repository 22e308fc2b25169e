package n8n

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
)

// isTLS tells whether the call failed since the other side could not show who it is.
func isTLS(err error) bool {
	var verification *tls.CertificateVerificationError
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	return errors.As(err, &verification) || errors.As(err, &unknown) || errors.As(err, &name) || errors.As(err, &invalid)
}

// Package stripe stands in for Stripe in the local run and in tests.
package stripe

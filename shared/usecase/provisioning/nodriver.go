package provisioning

import (
	"context"

	"latchkey.dev/shared/domain/words"
)

// NoDriver is the driver of a platform on which nothing is made: what is paid for there is paid back.
type NoDriver struct{}

var _ Driver = NoDriver{}

func errNoDriver() error { return &Failure{words.Say("provisioning.no_driver")} }

// Begin fails.
func (NoDriver) Begin(context.Context, Order) (Report, error) { return Report{}, errNoDriver() }

// Look fails.
func (NoDriver) Look(context.Context, Order) (Report, error) { return Report{}, errNoDriver() }

// Suspend reports that there is no such thing.
func (NoDriver) Suspend(context.Context, Order) (Report, error) { return Report{Stage: Gone}, nil }

// Resume fails.
func (NoDriver) Resume(context.Context, Order) (Report, error) { return Report{}, errNoDriver() }

// Delete reports that there is no such thing.
func (NoDriver) Delete(context.Context, Order) (Report, error) { return Report{Stage: Gone}, nil }

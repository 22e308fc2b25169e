// Package bare makes what needs nothing but the environment. A program initializes every package that it imports, used or
// not, and the SDK and the frontends are a tenth of a function's size: what everything is made of knows neither.
package bare

import "latchkey.dev/shared/adapter/environment"

// Parts makes what needs nothing but the environment. It must never be put into an interface: then the linker drops what a
// function does not ask for.
type Parts struct{ *environment.Environment }

// Origin is the platform's public origin.
func (p *Parts) Origin() string { return p.Environment.Origin("ORIGIN") }

// Platform is the platform's name as people read it.
func (p *Parts) Platform() string { return p.String("PLATFORM_NAME") }

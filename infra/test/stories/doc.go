// Package lifecycle tells the product's stories as tests: the real use cases on the real adapters and the unmodified
// AWS SDK, against the embedded engine, in virtual time. It holds nothing but tests.
//
// A world is one such product with its queues, its mailbox and its clock, inside a testing/synctest bubble. Between
// the product and the engine runs a network that can lose a request or an answer, throttle, or take the process down
// at any call. What must hold after all of it is in check_test.go: one function per invariant.
package lifecycle

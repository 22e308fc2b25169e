// Package release says which release of the product this is.
package release

// Version is the release, by semantic versioning (semver.org). CHANGELOG.md has a section for each, and the repository a tag
// with a v before it. A test holds that the newest section of the changelog is this one.
const Version = "1.0.0"

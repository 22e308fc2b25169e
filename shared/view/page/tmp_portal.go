package page

// InPortal is Client Portal's entry.
const InPortal Area = "portal"

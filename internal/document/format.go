package document

// Format is a form of file.
type Format string

// The formats, as the API names them.
const (
	JSON  Format = "json"
	PDF   Format = "pdf"
	Excel Format = "excel"
	HTML  Format = "html"
)

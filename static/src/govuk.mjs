export { createAll, Button, ServiceNavigation, SkipLink } from 'govuk-frontend'

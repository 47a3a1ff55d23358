export { createAll, Button, ErrorSummary, NotificationBanner, ServiceNavigation, SkipLink } from 'govuk-frontend'

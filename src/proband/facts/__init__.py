"""What is known of a person: observations with subject, status, time and place of reading; columns of many. Nothing here decides."""

"""International Standards for Neurological Classification of Spinal Cord Injury (ISNCSCI), revision of 2019."""

"""STEP 5: conversations come in from files and leave as ESConv JSON."""

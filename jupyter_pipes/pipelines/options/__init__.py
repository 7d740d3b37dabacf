"""What each option of `%%step` may say, and which exclude each other."""

"""Takes every mail the platform sends, delivers none of them, and shows them on a page."""

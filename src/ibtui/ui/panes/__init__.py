"""What a screen holds, so that the desk can hold it too: widgets that paint themselves from the console's parts."""

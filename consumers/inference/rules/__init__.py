"""Rules: inspections written as JSON recipes of OpenCV steps, as factories have today, deployable like any model."""

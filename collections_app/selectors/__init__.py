"""What pages want to know of collections beside what the wire's services answer."""

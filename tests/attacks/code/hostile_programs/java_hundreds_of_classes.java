// Wants more class files than are carried over.
// attack: java io
@classes 400@
public class Main { public static void main(String[] a) { System.out.println("hello " + new Part399()); } }

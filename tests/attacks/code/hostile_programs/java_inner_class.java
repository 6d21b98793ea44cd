// Wants `error`: a class inside a class leaves a file with `$` in its name (honest programs do too).
// attack: java io
public class Main {
  static class Inner { int value = 42; }
  public static void main(String[] a) { System.out.println(new Inner().value); }
}

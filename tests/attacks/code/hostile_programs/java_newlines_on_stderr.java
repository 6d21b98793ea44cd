// Wants the worker's time: 60 000 empty lines on standard error, then a failure.
// attack: java io
public class Main {
  public static void main(String[] a) {
    System.err.print("\n".repeat(65000)); System.err.flush(); System.exit(1);
  }
}

// Wants `error`: a forged trace with a line number of 5000 digits.
// attack: java io
public class Main {
  public static void main(String[] a) {
    System.err.println("\tat Main.main(Main.java:" + "9".repeat(5000) + ")"); System.exit(1);
  }
}

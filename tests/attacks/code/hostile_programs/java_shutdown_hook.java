// Wants to live on when it is told to end.
// attack: java io
public class Main {
  static { Runtime.getRuntime().addShutdownHook(new Thread(() -> { for (;;) ; })); System.out.println("static"); }
  public static void main(String[] a) throws Exception { new ProcessBuilder("setsid", "sleep", "100").start(); System.exit(0); }
}

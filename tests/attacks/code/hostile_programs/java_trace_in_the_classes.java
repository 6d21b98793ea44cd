// Wants to tell its next run something: a file in the folder of the classes.
// attack: java twice
import java.nio.file.*;
public class Main {
  public static void main(String[] a) throws Exception {
    Path trace = Paths.get("classes/trace");
    System.out.println(Files.exists(trace) ? "ESCAPED seen" : "clean");
    Files.write(trace, new byte[] {1});
  }
}

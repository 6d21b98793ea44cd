// Wants memory that the heap's limit does not count.
// attack: java io
import java.lang.reflect.Field;
public class Main {
  public static void main(String[] a) throws Exception {
    Field f = Class.forName("sun.misc.Unsafe").getDeclaredField("theUnsafe"); f.setAccessible(true);
    sun.misc.Unsafe u = (sun.misc.Unsafe) f.get(null);
    for (int i = 0; i < 60; i++) { long p = u.allocateMemory(64 << 20); u.setMemory(p, 64 << 20, (byte) 1); System.out.println("taken " + (i + 1) * 64); }
  }
}

// Wants the compiler's time: types that are inferred within each other.
// attack: java io
import java.util.function.*;
public class Main {
  static <T> T f(Supplier<T> s) { return s.get(); }
  static <T> T f(Callable2<T> s) { return s.get(); }
  interface Callable2<T> { T get(); }
  static <T> T g(Function<T, T> s) { return null; }
  static <T> T g(UnaryOperator<T> s) { return null; }
  public static void main(String[] a) {
    Object o = g(b -> g(c -> g(d -> g(e -> g(h -> g(i -> g(j -> g(k -> g(l -> g(m -> g(n -> g(p -> g(q -> g(r -> null))))))))))))));
  }
}

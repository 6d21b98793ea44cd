// Wants `error`: the name of a class is no plain path.
// attack: java io
public class Main { public static void main(String[] a) { System.out.println(new Étude()); } }
class Étude {}

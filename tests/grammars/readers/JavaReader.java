import com.sun.source.util.JavacTask;
import java.io.DataInputStream;
import java.io.BufferedInputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

/** Reads texts (their size in bytes on a line, then these) and answers each with the code of javac's first error. */
public class JavaReader {
    public static void main(String[] arguments) throws Exception {
        var compiler = ToolProvider.getSystemJavaCompiler();
        var files = compiler.getStandardFileManager(null, null, null);
        var in = new DataInputStream(new BufferedInputStream(System.in));
        for (String size; (size = in.readLine()) != null;) {
            String text = new String(in.readNBytes(Integer.parseInt(size)), StandardCharsets.UTF_8);
            var file = new SimpleJavaFileObject(URI.create("string:///A.java"), JavaFileObject.Kind.SOURCE) {
                @Override public CharSequence getCharContent(boolean ignoreErrors) { return text; }
            };
            var found = new DiagnosticCollector<JavaFileObject>();
            var options = List.of("--release", "17");
            ((JavacTask) compiler.getTask(null, files, found, options, null, List.of(file))).parse();
            System.out.println(found.getDiagnostics().stream()
                .filter(each -> each.getKind() == Diagnostic.Kind.ERROR)
                .map(Diagnostic::getCode).findFirst().orElse("ok"));
            System.out.flush();
        }
    }
}

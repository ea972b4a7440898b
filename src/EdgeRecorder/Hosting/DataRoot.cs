using EdgeRecorder.Ledger;

namespace EdgeRecorder.Hosting;

/// <summary>The storage root cannot be used; the message is for the owner.</summary>
internal sealed class DataRootException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>
/// `storage.root`, held for this process alone while it runs: `daemon.lock` is locked by the kernel, so that it is free again however the process ends.
/// </summary>
internal sealed class DataRoot : IDisposable
{
    private readonly FileStream _lock;

    private DataRoot(string path, FileStream held) => (Path, _lock) = (path, held);

    public string Path { get; }
    public string Keys => System.IO.Path.Combine(Path, "keys");
    public string Logs => System.IO.Path.Combine(Path, "logs");
    public string Ledger => System.IO.Path.Combine(Path, "ledger.db");

    /// <exception cref="DataRootException">It cannot be read or written, or another daemon has it.</exception>
    public static DataRoot Open(string path)
    {
        FileStream? held = null;
        try
        {
            Directory.CreateDirectory(path);
            var name = System.IO.Path.Combine(path, "daemon.lock");
            try
            {
                held = new FileStream(name, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException e) when (File.Exists(name) && e is not FileNotFoundException and not DirectoryNotFoundException && IsWritable(path))
            {
                throw new DataRootException($"{path}: another recorder uses this directory", e);
            }
            PrivateFile.MakeDirectory(System.IO.Path.Combine(path, "keys"));
            PrivateFile.MakeDirectory(System.IO.Path.Combine(path, "logs"));
            return new(path, held);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            held?.Dispose();
            throw new DataRootException($"{path}: cannot be used as storage.root: {e.Message}", e);
        }
    }

    public void Dispose() => _lock.Dispose();

    private static bool IsWritable(string path)
    {
        var probe = System.IO.Path.Combine(path, $".write-test-{Environment.ProcessId}");
        try
        {
            File.WriteAllBytes(probe, []);
            File.Delete(probe);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}

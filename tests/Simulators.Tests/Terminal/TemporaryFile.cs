namespace EdgeRecorder.Tests.Simulators.Terminal;

internal sealed class TemporaryFile : IDisposable
{
    public TemporaryFile(string extension, byte[] bytes)
    {
        Path = System.IO.Path.Combine(System.IO.Path.GetTempPath(), System.IO.Path.GetRandomFileName() + extension);
        File.WriteAllBytes(Path, bytes);
    }

    public string Path { get; }

    public void Dispose() => File.Delete(Path);
}

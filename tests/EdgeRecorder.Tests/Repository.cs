namespace EdgeRecorder.Tests;

/// <summary>Files of the source tree, found from where the tests run.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    public static string Path(string relative) => System.IO.Path.Combine(Root, relative);

    private static string Find()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(System.IO.Path.Combine(directory.FullName, "EdgeRecorder.sln")))
            directory = directory.Parent ?? throw new DirectoryNotFoundException("EdgeRecorder.sln is in no directory above the tests.");
        return directory.FullName;
    }
}

/// <summary>A directory for one test, gone with it.</summary>
/// <param name="parent">Where to make it, if that exists.</param>
internal sealed class TemporaryDirectory(string? parent = null) : IDisposable
{
    public string Path { get; } = parent is not null && Directory.Exists(parent)
        ? Directory.CreateDirectory(System.IO.Path.Combine(parent, $"edge-recorder-test-{Guid.NewGuid():n}")).FullName
        : Directory.CreateTempSubdirectory("edge-recorder-test-").FullName;

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

using EdgeRecorder.Sip;

namespace EdgeRecorder.Tests.Sip;

/// <summary>Messages of tests/data/sip, by the name of their file.</summary>
internal static class Vectors
{
    public static TheoryData<string> Names => [.. Directory.EnumerateFiles(Repository.Path("tests/data/sip"), "*.sip").Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal)];

    public static byte[] Of(string name) => File.ReadAllBytes(Repository.Path($"tests/data/sip/{name}.sip"));

    public static SipMessage Read(string name) => SipParser.ParseDatagram(Of(name)) ?? throw new InvalidOperationException($"{name} is empty");

    public static byte[] BodyOf(string name) => Read(name).Body.ToArray();
}

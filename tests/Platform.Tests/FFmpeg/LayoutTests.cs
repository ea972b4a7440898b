using System.Reflection;
using System.Runtime.InteropServices;
using EdgeRecorder.Platform.FFmpeg;
using EdgeRecorder.Platform.Linux;

namespace EdgeRecorder.Platform.Tests.FFmpeg;

/// <summary>The bindings against the C headers: every struct's size, every member's place, every constant; on both architectures that boxes have.</summary>
public sealed class LayoutTests
{
    private static readonly string[] Headers =
    [
        "libavformat/avformat.h", "libavcodec/avcodec.h", "libavcodec/bsf.h", "libavutil/avutil.h", "libavutil/channel_layout.h", "libavutil/frame.h", "libavutil/error.h", "libavutil/log.h", "libswscale/swscale.h",
    ];

    [Theory]
    [InlineData("x86-64")]
    [InlineData("arm64")]
    public void Structs_lie_in_memory_as_the_headers_say(string architecture)
    {
        List<(string Expression, long Bound)> questions = [];
        foreach (var type in Bound().Where(type => type.IsValueType && !type.IsEnum && type.StructLayoutAttribute is { Value: LayoutKind.Explicit }))
        {
            questions.Add(($"sizeof({type.Name})", type.StructLayoutAttribute!.Size));
            questions.Add(($"sizeof({type.Name})", Marshal.SizeOf(type)));
            foreach (var field in type.GetFields(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance))
                questions.Add(($"offsetof({type.Name}, {field.Name})", field.GetCustomAttribute<FieldOffsetAttribute>()!.Value));
            foreach (var field in type.GetFields(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance))
                questions.Add(($"sizeof((({type.Name} *)0)->{field.Name})", SizeOf(field.FieldType)));
        }
        Assert.True(questions.Count > 150, $"only {questions.Count} questions");
        Compare(architecture, questions);
    }

    [Theory]
    [InlineData("x86-64")]
    [InlineData("arm64")]
    public void Constants_have_the_values_of_the_headers(string architecture)
    {
        List<(string Expression, long Bound)> questions = [];
        foreach (var type in Bound().Where(type => type.IsEnum))
            foreach (var name in Enum.GetNames(type))
                questions.Add((name, Convert.ToInt64(Enum.Parse(type, name), System.Globalization.CultureInfo.InvariantCulture)));
        foreach (var constant in typeof(ffmpeg).GetFields(BindingFlags.Public | BindingFlags.Static).Where(field => field.IsLiteral))
            questions.Add((constant.Name, Convert.ToInt64(constant.GetRawConstantValue(), System.Globalization.CultureInfo.InvariantCulture)));
        Assert.True(questions.Count > 40, $"only {questions.Count} questions");
        Compare(architecture, questions);
    }

    [Fact]
    public void System_calls_have_the_numbers_of_the_headers()
    {
        (string Name, uint X64, uint Arm64)[] calls = [.. SeccompFilter.Refused, SeccompFilter.CloneCall, SeccompFilter.Clone3Call, SeccompFilter.TgkillCall, SeccompFilter.PrlimitCall,
            SeccompFilter.SeccompCall, SeccompFilter.IoPriorityCall, SeccompFilter.IoctlCall];
        Assert.Equal(calls.Select(call => (call.Name, (long)call.X64)), calls.Select(call => call.Name).Zip(CCompiler.X64.Ask(["sys/syscall.h"], calls.Select(call => $"SYS_{call.Name}"))));
        var onArm = calls.Where(call => call.Arm64 != uint.MaxValue).ToArray();
        Assert.Equal(onArm.Select(call => (call.Name, (long)call.Arm64)), onArm.Select(call => call.Name).Zip(CCompiler.Arm64.Ask(["sys/syscall.h"], onArm.Select(call => $"SYS_{call.Name}"))));
        Assert.Equal(["fork", "vfork"], calls.Except(onArm).Select(call => call.Name));
    }

    private static void Compare(string architecture, List<(string Expression, long Bound)> questions)
    {
        var answers = (architecture == "arm64" ? CCompiler.Arm64 : CCompiler.X64).Ask(Headers, questions.Select(q => q.Expression));
        Assert.Equal(questions.Count, answers.Count);
        Assert.Equal(questions.Zip(answers, (q, answer) => $"{q.Expression} = {answer}"), questions.Select(q => $"{q.Expression} = {q.Bound}"));
    }

    private static IEnumerable<Type> Bound() => typeof(ffmpeg).Assembly.GetTypes().Where(type => type.Namespace == "EdgeRecorder.Platform.FFmpeg" && type.Name.StartsWith("AV", StringComparison.Ordinal));

    private static long SizeOf(Type type) => type.IsPointer ? 8 : type.IsEnum ? 4 : Marshal.SizeOf(type);
}
